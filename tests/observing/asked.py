"""One request after another to an ASGI app, in this process."""

import asyncio

import httpx


def ask(app, *requests, **headers):
    """Send (method, path, JSON body) each, and return the answers."""

    async def asking():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://x", headers=headers
        ) as client:
            return [
                await client.request(method, path, json=body) for method, path, body in requests
            ]

    return asyncio.run(asking())
