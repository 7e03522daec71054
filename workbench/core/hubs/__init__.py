"""The hubs that models and data sets come from: a module each, and what they share."""
