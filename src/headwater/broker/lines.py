"""What batches that stand in line before a log have in common: their outcome is told later, by the future that they were given."""

from asyncio import Future

from headwater.log.port import Appended


def pass_on(to: "Future[Appended]", appended: "Future[Appended]") -> None:
    if to.done():
        return
    if appended.cancelled():
        to.cancel()
    elif (error := appended.exception()) is not None:
        to.set_exception(error)
    else:
        to.set_result(appended.result())
