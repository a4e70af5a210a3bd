"""regstack as its documentation has it, without the mails that a log-in would wait for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from regstack import RegStack, RegStackConfig

config = RegStackConfig.load()
regstack = RegStack(config=config)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    await regstack.install_schema()
    yield
    await regstack.aclose()


app = FastAPI(lifespan=lifespan)
app.include_router(regstack.router, prefix=config.api_prefix)
