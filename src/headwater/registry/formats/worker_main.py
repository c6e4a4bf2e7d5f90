"""The program of a worker: jobs in, results out, until its pipe is closed."""

from headwater.kernel.real.answering import answer_requests
from headwater.registry.formats.jobs import answer

if __name__ == "__main__":
    answer_requests(answer)
