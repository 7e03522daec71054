"""What object storage answers where it gives nothing, as one message with its own advice."""

import re

from workbench.core.errors import StorageFault as StorageFault

_KEYS = "the environment (of s3: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) or [index.storage_options]"
# In this order: where no keys are given, a machine's own service is asked for some, which may refuse.
_KINDS = (
    (
        r"169\.254|Failed to get AWS credentials|Account must be specified|no storage account"
        r"|no providers in chain|CredentialsNotLoaded|MissingAccessKey|MissingSecret|"
        r"[Cc]redentials? (provider|not|were|was)|metadata (service|endpoint)|loading credentials",
        "no keys for the storage are given",
        f"give them in {_KEYS}",
    ),
    (
        r"NoSuchBucket|bucket does not exist|BucketNotFound|ContainerNotFound",
        "the bucket is not there",
        "make it, or mend `uri` of [index]",
    ),
    (
        r"InvalidAccessKeyId|SignatureDoesNotMatch|AccessDenied|AuthorizationHeader|InvalidToken|ExpiredToken"
        r"|status(?: code)?: 40[13]|Forbidden|Unauthorized|PermissionDenied|Unauthenticated|lacked the required privileges",
        "the storage refuses these keys",
        f"mend the keys in {_KEYS}, or let their owner read and write there",
    ),
    (
        r"URL scheme is not allowed|BadScheme",
        "its endpoint is http, which has to be allowed",
        'write allow_http = "true" into [index.storage_options], or take an https endpoint',
    ),
    (
        r"redirect without LOCATION|PermanentRedirect|BareRedirect",
        "the bucket is in another region",
        "name its region as `region` of [index.storage_options] or in AWS_REGION",
    ),
    (
        r"(?i)kind: Connect|dns|refused|reset|timed? ?out|sending request|incomplete message|closed"
        r"|unreachable|broken pipe|error decoding response body|HTTP error",
        "the storage cannot be reached, or the connection was lost",
        "see to the network and to `endpoint` of [index.storage_options], then run it again: "
        "what was written is kept",
    ),
)


def storage_fault(uri: str, fault: BaseException) -> StorageFault | None:
    """What is wrong with the storage, where `fault` tells; None where it may be the index."""
    told = str(fault)
    for pattern, found, remedy in _KINDS:
        if re.search(pattern, told):
            return StorageFault(uri, found, remedy=remedy)
    return None
