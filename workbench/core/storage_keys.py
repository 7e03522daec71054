"""The keys of `[index.storage_options]`: those of Rust's `object_store`, which LanceDB passes on.

https://docs.rs/object_store: `AmazonS3ConfigKey`, `GoogleConfigKey`, `AzureConfigKey`, `ClientConfigKey`, `RetryConfig`.
"""

_ALWAYS = (
    "allow_http",
    "connect_timeout",
    "read_timeout",
    "timeout",
    "proxy_url",
    "user_agent",
    "allow_invalid_certificates",
)
_RETRIES = ("client_max_retries", "client_retry_timeout")
_OF_STORE = {
    "s3": (
        *("access_key_id", "secret_access_key", "session_token", "region", "endpoint", "endpoint_url"),
        *("virtual_hosted_style_request", "unsigned_payload", "skip_signature", "imdsv1_fallback"),
        *(
            "server_side_encryption",
            "sse_kms_key_id",
            "sse_bucket_key_enabled",
            "request_payer",
            "s3_express",
        ),
    ),
    "gs": ("service_account", "service_account_path", "service_account_key", "application_credentials"),
    "az": (
        *("account_name", "account_key", "client_id", "client_secret", "tenant_id", "sas_key", "sas_token"),
        *("bearer_token", "endpoint", "use_emulator", "use_azure_cli", "msi_endpoint"),
    ),
}
_PREFIXES = {"s3": "aws_", "gs": "google_", "az": "azure_storage_"}


def storage_keys(store: str) -> tuple[str, ...]:
    """The keys that storage of one kind (`s3`, `gs`, `az`) takes, in small letters; each of its own with its prefix as well."""
    own = _OF_STORE.get(store, ())
    return (*own, *(f"{_PREFIXES[store]}{key}" for key in own), *_ALWAYS, *_RETRIES)
