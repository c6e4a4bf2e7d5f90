"""What the transaction coordinator refuses. Like every `ControlError`, a refusal is a value.

TransactionError
  InvalidProducerIdMapping     INVALID_PRODUCER_ID_MAPPING    another producer id belongs to the transactional id, or none does
  ProducerFenced               PRODUCER_FENCED                a newer producer has taken over the transactional id
  ConcurrentTransactions       CONCURRENT_TRANSACTIONS        retriable: the transaction before is still being ended
  InvalidTransactionState      INVALID_TXN_STATE
  InvalidTransactionTimeout    INVALID_TRANSACTION_TIMEOUT
  NotInTransaction             TRANSACTION_ABORTABLE          the producer may abort and go on (KIP-890)
  TransactionalIdNotFound      TRANSACTIONAL_ID_NOT_FOUND
"""

from headwater.control.errors import ControlError
from headwater.wire.error_codes import ErrorCode


class TransactionError(ControlError):
    """The root of the coordinator's refusals."""


class InvalidProducerIdMapping(TransactionError, code=ErrorCode.INVALID_PRODUCER_ID_MAPPING):
    def __init__(self, transactional_id: str) -> None:
        super().__init__(f"The producer id is not that of the transactional id {transactional_id!r}.")


class ProducerFenced(TransactionError, code=ErrorCode.PRODUCER_FENCED):
    def __init__(self, asked: int, current: int) -> None:
        super().__init__(f"A newer producer has the transactional id: epoch {asked} is over, it is {current} now.")


class ConcurrentTransactions(TransactionError, code=ErrorCode.CONCURRENT_TRANSACTIONS):
    def __init__(self) -> None:
        super().__init__("The transaction before is still being ended; try again.")


class InvalidTransactionState(TransactionError, code=ErrorCode.INVALID_TXN_STATE):
    def __init__(self, state: str) -> None:
        super().__init__(f"The transaction is {state}, which this can't follow.")


class InvalidTransactionTimeout(TransactionError, code=ErrorCode.INVALID_TRANSACTION_TIMEOUT):
    def __init__(self, asked: int, bound: int) -> None:
        super().__init__(f"A transaction timeout of {asked} ms can't be: choose 1 to {bound} ms.")


class NotInTransaction(TransactionError, code=ErrorCode.TRANSACTION_ABORTABLE):
    def __init__(self) -> None:
        super().__init__("The partition was not added to the transaction.")


class TransactionalIdNotFound(TransactionError, code=ErrorCode.TRANSACTIONAL_ID_NOT_FOUND):
    def __init__(self, transactional_id: str) -> None:
        super().__init__(f"There is no transactional id {transactional_id!r}.")
