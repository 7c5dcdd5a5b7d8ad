"""A stand-in for a model server: it answers what it was sent, whole or as a stream."""

import asyncio
import json

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

CHUNKS = 4
PAUSE = 0.15


def model_server() -> FastAPI:
    app = FastAPI()

    async def answer(request: Request):
        raw = await request.body()
        body = json.loads(raw)
        headers = dict(request.headers)
        if body.get("stream"):

            async def chunks():
                for n in range(CHUNKS):
                    yield f"data: {n}\n\n"
                    await asyncio.sleep(PAUSE)

            return StreamingResponse(chunks(), media_type="text/event-stream")
        return {"got": body, "bytes": len(raw), "headers": headers, "told": request.scope.get("stillhunt")}

    for path in ("/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/no-call-of-a-model"):
        app.post(path)(answer)

    @app.get("/v1/models")
    async def models():
        return {"data": []}

    return app
