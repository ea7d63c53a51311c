"""Clients as people call them, each made to fail by a server on loopback. Each function gets a URL and a patience.

Their own retries are off, but for the clients at the end, which show what they have retried.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from typing import Any, NamedTuple

Get = Callable[[str, float], object]


class Client(NamedTuple):
    name: str
    get: Get
    without: frozenset[str]  # what it does not do, or not in a way that can be told
    retries: bool  # by itself


CLIENTS: list[Client] = []


def client(name: str, *without: str, retries: bool = False) -> Callable[[Get], Get]:
    def add(get: Get) -> Get:
        CLIENTS.append(Client(name, get, frozenset(without), retries))
        return get

    return add


@client("httpx")
def by_httpx(url: str, patience: float) -> object:
    import httpx

    with httpx.Client(trust_env=False, timeout=patience, follow_redirects=True) as session:
        return session.get(url).raise_for_status().json()


@client("httpx2")
def by_httpx2(url: str, patience: float) -> object:
    import httpx2

    with httpx2.Client(trust_env=False, timeout=patience, follow_redirects=True) as session:
        return session.get(url).raise_for_status().json()


@client("httpcore", "statuses", "redirects", "bad gzip")
def by_httpcore(url: str, patience: float) -> object:
    import httpcore

    with httpcore.ConnectionPool() as pool:
        timeout = {"connect": patience, "read": patience}
        return json.loads(pool.request("GET", url, extensions={"timeout": timeout}).content)


@client("requests")
def by_requests(url: str, patience: float) -> object:
    import requests

    with requests.Session() as session:
        session.trust_env = False
        response = session.get(url, timeout=patience)
        response.raise_for_status()
        return response.json()


@client("niquests")
def by_niquests(url: str, patience: float) -> object:
    import niquests

    with niquests.Session() as session:
        response = session.get(url, timeout=patience)
        response.raise_for_status()
        return response.json()


@client("urllib3", "statuses")
def by_urllib3(url: str, patience: float) -> object:
    import urllib3

    with urllib3.PoolManager(timeout=patience, retries=urllib3.Retry(0, redirect=2)) as pool:
        return pool.request("GET", url).json()


@client("aiohttp")
def by_aiohttp(url: str, patience: float) -> object:
    import aiohttp

    async def get() -> object:
        timeout = aiohttp.ClientTimeout(patience)
        async with (
            aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session,
            session.get(url) as response,
        ):
            return await response.json()

    return asyncio.run(get())


@client("curl_cffi")
def by_curl_cffi(url: str, patience: float) -> object:
    import curl_cffi.requests

    response = curl_cffi.requests.get(url, timeout=patience)
    response.raise_for_status()
    return response.json()


@client("pycurl")
def by_pycurl(url: str, patience: float) -> object:
    import pycurl

    body, curl = io.BytesIO(), pycurl.Curl()
    for option, value in (
        (curl.URL, url),
        (curl.WRITEDATA, body),
        (curl.TIMEOUT_MS, int(patience * 1000)),
        (curl.FAILONERROR, 1),
        (curl.FOLLOWLOCATION, 1),
        (curl.MAXREDIRS, 2),
        (curl.ACCEPT_ENCODING, "gzip"),
    ):
        curl.setopt(option, value)
    curl.perform()
    return json.loads(body.getvalue())


@client("websockets", "half an answer", "bad gzip", "bad JSON")
def by_websockets(url: str, patience: float) -> object:
    from websockets.sync.client import connect

    with connect(url.replace("http", "ws", 1), open_timeout=patience, proxy=None) as connection:
        return connection.recv(timeout=patience)


@client("openai")
def by_openai(url: str, patience: float, retries: int = 0) -> object:
    import openai

    return openai.OpenAI(api_key="-", base_url=url, timeout=patience, max_retries=retries).models.list()


@client("anthropic")
def by_anthropic(url: str, patience: float) -> object:
    import anthropic

    return anthropic.Anthropic(api_key="-", base_url=url, timeout=patience, max_retries=0).models.list()


@client("groq")
def by_groq(url: str, patience: float) -> object:
    import groq

    return groq.Groq(api_key="-", base_url=url, timeout=patience, max_retries=0).models.list()


@client("mistralai")
def by_mistral(url: str, patience: float) -> object:
    from mistralai.client import Mistral

    return Mistral(api_key="-", server_url=url.rstrip("/"), timeout_ms=int(patience * 1000)).models.list()


@client("cohere")
def by_cohere(url: str, patience: float) -> object:
    import cohere

    session = cohere.ClientV2("-", base_url=url.rstrip("/"), timeout=patience)
    return session.models.list(request_options={"max_retries": 0})


@client("stripe")
def by_stripe(url: str, patience: float) -> object:
    import stripe

    http: Any = stripe.RequestsClient(timeout=patience)
    addresses: Any = {"api": url.rstrip("/")}
    session = stripe.StripeClient("sk", base_addresses=addresses, http_client=http, max_network_retries=0)
    return session.v1.customers.list()


@client("twilio", "redirects")
def by_twilio(url: str, patience: float) -> object:
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client as Twilio

    class Http(TwilioHttpClient):
        def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Any:
            return super().request(method, url, *args, **kwargs)

    return Twilio("AC" + "0" * 32, "-", http_client=Http(timeout=patience)).messages("SM" + "0" * 32).fetch()


@client("slack_sdk")
def by_slack(url: str, patience: float) -> object:
    from slack_sdk import WebClient

    timeout: Any = patience
    return WebClient(token="-", base_url=url, timeout=timeout, retry_handlers=[]).api_test()


@client("slack_sdk, async")
def by_slack_async(url: str, patience: float) -> object:
    from slack_sdk.web.async_client import AsyncWebClient

    timeout: Any = patience
    return asyncio.run(AsyncWebClient(token="-", base_url=url, timeout=timeout, retry_handlers=[]).api_test())


@client("PyGithub", "silence", "redirects")  # it takes whole seconds only, and counts redirects by itself
def by_github(url: str, patience: float, retry: Any = None) -> object:
    import github

    session = github.Github(base_url=url.rstrip("/"), timeout=int(patience), retry=retry, seconds_between_requests=0)
    return session.get_repo("a/b")


@client("gidgethub", "529")  # it takes the statuses of Python's own list
def by_gidgethub(url: str, patience: float) -> object:
    import aiohttp
    from gidgethub.aiohttp import GitHubAPI

    async def get() -> object:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(patience)) as session:
            return await GitHubAPI(session, "-", base_url=url.rstrip("/")).getitem("/x")

    return asyncio.run(get())


@client("python-telegram-bot", "redirects")
def by_telegram(url: str, patience: float) -> object:
    from telegram.request import HTTPXRequest

    async def post() -> object:
        options = {"trust_env": False}
        async with HTTPXRequest(read_timeout=patience, connect_timeout=patience, httpx_kwargs=options) as request:
            return await request.post(url)

    return asyncio.run(post())


@client("qdrant-client", "silence")  # it takes whole seconds only
def by_qdrant(url: str, patience: float) -> object:
    from qdrant_client import QdrantClient

    return QdrantClient(url=url, timeout=int(patience), check_compatibility=False).get_collections()


@client("pinecone")
def by_pinecone(url: str, patience: float) -> object:
    import pinecone

    config = pinecone.RetryConfig(max_retries=0)
    return pinecone.Pinecone(api_key="-", host=url.rstrip("/"), timeout=patience, retry_config=config).indexes.describe(
        "x"
    )


@client("huggingface_hub")
def by_huggingface(url: str, patience: float) -> object:
    from huggingface_hub import HfApi

    return HfApi(endpoint=url.rstrip("/")).model_info("a/b", timeout=patience)


@client("google-genai")
def by_genai(url: str, patience: float) -> object:
    from google import genai

    options: Any = {"base_url": url, "timeout": int(patience * 1000)}
    session = genai.Client(api_key="-", http_options=options)  # which closes when it is forgotten
    return session.models.get(model="x")


@client("google-auth", "half an answer", "statuses")  # it retries by itself, and says so
def by_google_auth(url: str, patience: float) -> object:
    from google.auth.transport.requests import Request
    from google.oauth2.credentials import Credentials

    known = {"refresh_token": "-", "token_uri": url, "client_id": "-", "client_secret": "-"}
    credentials: Any = Credentials(None, **known)
    return credentials.refresh(lambda *args, **kwargs: Request()(*args, **{**kwargs, "timeout": patience}))


@client("google-api-core")
def by_api_core(url: str, patience: float) -> object:
    import requests
    from google.api_core.exceptions import from_http_response

    response = requests.get(url, timeout=patience)
    if response.status_code >= 400:
        raise from_http_response(response)
    return response.json()


@client("azure-core", "redirects")
def by_azure(url: str, patience: float) -> object:
    from azure.core import PipelineClient
    from azure.core.rest import HttpRequest

    with PipelineClient(url, policies=[]) as session:
        response = session.send_request(HttpRequest("GET", url), connection_timeout=patience, read_timeout=patience)
        response.raise_for_status()
        return response.json()


@client("kubernetes")
def by_kubernetes(url: str, patience: float) -> object:
    import urllib3
    from kubernetes import client as k8s

    configuration: Any = k8s.Configuration(host=url.rstrip("/"))
    configuration.retries = urllib3.Retry(0, redirect=2)
    return k8s.CoreV1Api(k8s.ApiClient(configuration)).list_node(_request_timeout=patience)


@client("elasticsearch")
def by_elastic(url: str, patience: float, **options: Any) -> object:
    from elasticsearch import Elasticsearch

    return Elasticsearch(url, request_timeout=patience, **{"max_retries": 0, **options}).info()


@client("opensearch-py")
def by_opensearch(url: str, patience: float) -> object:
    from opensearchpy import OpenSearch

    return OpenSearch(url, timeout=patience, max_retries=0).info()


@client("boto3", "bad gzip", "bad JSON")
def by_boto(url: str, patience: float, retries: Any = None) -> object:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=patience, read_timeout=patience, proxies={}, retries=retries or {"total_max_attempts": 1}
    )
    keys = {"region_name": "x", "aws_access_key_id": "-", "aws_secret_access_key": "-"}
    return boto3.client("s3", endpoint_url=url, config=config, **keys).list_buckets()


@client("aiobotocore", "bad gzip", "bad JSON")
def by_aioboto(url: str, patience: float) -> object:
    from aiobotocore.config import AioConfig
    from aiobotocore.session import get_session

    async def get() -> object:
        retries: Any = {"total_max_attempts": 1}
        config = AioConfig(connect_timeout=patience, read_timeout=patience, proxies={}, retries=retries)
        keys = {"region_name": "x", "aws_access_key_id": "-", "aws_secret_access_key": "-"}
        async with get_session().create_client("s3", endpoint_url=url, config=config, **keys) as session:
            return await session.list_buckets()

    return asyncio.run(get())


# Those that retry by themselves, and whose errors show it.


@client("urllib3, three retries of its own", "statuses", "bad JSON", retries=True)
def by_urllib3_with_retries(url: str, patience: float) -> object:
    import urllib3

    with urllib3.PoolManager(timeout=patience) as pool:
        return pool.request("GET", url)


@client("openai, one retry of its own", "429, Retry-After", retries=True)  # which would take its three seconds
def by_openai_with_retries(url: str, patience: float) -> object:
    return by_openai(url, patience, retries=1)


@client(
    "boto3, one retry of its own",
    "connections",
    "429, Retry-After",
    "529",
    "half an answer",
    "silence",
    "bad gzip",
    "bad JSON",
    retries=True,
)
def by_boto_with_retries(url: str, patience: float) -> object:
    return by_boto(url, patience, {"total_max_attempts": 2, "mode": "standard"})


@client("elasticsearch, one retry of its own", "statuses", "silence", "TLS breaks off", retries=True)
def by_elastic_with_retries(url: str, patience: float) -> object:
    return by_elastic(url, patience, max_retries=1)
