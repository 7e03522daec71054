"""Training: mine hard negatives, train as LawVault's model card describes, build the demo pair."""
