"""Key material that Tink takes for its own."""

import pytest
from confluent_kafka.schema_registry.rules.encryption.dek_registry.dek_registry_client import DekAlgorithm
from confluent_kafka.schema_registry.rules.encryption.encrypt_executor import Cryptor

from headwater.kernel.real.randomness import SystemRandomness
from headwater.registry.encryption.key_material import new_key_material
from headwater.registry.encryption.records import Algorithm


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_the_clients_encrypt_and_decrypt_with_it(algorithm: Algorithm) -> None:
    cryptor = Cryptor(DekAlgorithm[algorithm.name])
    material = new_key_material(algorithm, SystemRandomness())
    assert len(material) == len(cryptor.generate_key())
    assert cryptor.decrypt(material, cryptor.encrypt(material, b"secret", b""), b"") == b"secret"
