"""What a validator of SNS messages that we did not write says of each request (connectors/README.md).

It fetches the certificate by itself and knows SHA-1 only: here it is given the certificate of the settings, and for version 2 the
other hash. What is signed, and what it compares, is its own.
"""

import base64
import json
import sys

from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from sns_message_validator import sns_message_validator as library

HASHES = {"1": SHA1, "2": SHA256}


class Certificates:
    """In the place of the session that fetches: what is fetched is the certificate."""

    content = b""

    def __init__(self, *_, **__):
        pass

    def get(self, _):
        return self


library.CachedSession = Certificates


def fits(message, certificate):
    Certificates.content = f"-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n".encode()
    version = message.get("SignatureVersion")
    library.SHA1 = HASHES.get(version, SHA1)
    try:
        library.SNSMessageValidator(signature_version=version).validate_message(message)
        return True
    except Exception:  # It has exceptions of its own for most of it, and those of Python for the rest.
        return False


def judge(request):
    certificates = [text for text in request["settings"].get("certificate", []) if text]
    try:
        message = json.loads(base64.b64decode(request["body_base64"]))
    except ValueError:
        return None
    if not certificates or not isinstance(message, dict):
        return None
    return any(fits(message, certificate) for certificate in certificates)


json.dump([judge(request) for request in json.load(sys.stdin)], sys.stdout)
