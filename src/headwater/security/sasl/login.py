"""From what `sasl.mechanism` and `sasl.jaas.config` say to the exchanges of a client."""

from base64 import b64encode
from typing import Final

from headwater.kernel.kinds import Secret
from headwater.kernel.world import Randomness
from headwater.security.errors import InvalidJaas
from headwater.security.jaas import login_module
from headwater.security.sasl.exchange import Credentials, Exchange, Login
from headwater.security.sasl.plain import Plain
from headwater.security.sasl.scram import HASHES, Scram

MECHANISMS: Final = (Plain.mechanism, *HASHES)
_MODULES: Final = {Plain.mechanism: "PlainLoginModule"} | dict.fromkeys(HASHES, "ScramLoginModule")
_NONCE_BYTES: Final = 18


def credentials_of(mechanism: str, jaas: Secret) -> Credentials:
    """Raises InvalidJaas."""
    module, wanted = login_module(jaas.reveal()), _MODULES[mechanism]
    if module.simple_name != wanted:
        raise InvalidJaas(f"{mechanism} needs {wanted}, and there is {module.simple_name}")
    if module.options.get("tokenauth", "false").lower() == "true":
        raise InvalidJaas("delegation tokens (tokenauth) are not taken")
    try:
        return Credentials(user=module.options["username"], password=Secret(module.options["password"]))
    except KeyError as missing:
        raise InvalidJaas(f"{wanted} has no {missing.args[0]}=") from None


def login_of(mechanism: str, credentials: Credentials, randomness: Randomness) -> Login:
    def exchange() -> Exchange:
        if mechanism == Plain.mechanism:
            return Plain(credentials)
        return Scram(mechanism, credentials, nonce=b64encode(randomness.bytes(_NONCE_BYTES)).decode())

    return exchange
