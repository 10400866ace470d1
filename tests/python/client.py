"""Speaks to a running broker as a program in Python does, with code that the usual tool makes.

Usage: client.py HOST:PORT PROTOS, where PROTOS is the directory that holds `weir/v1`.
Ends with 0 when everything came as the contract says. It does not test the broker's promises; it
shows that the contract can be read and spoken from another language.
"""

import asyncio
import importlib
import pathlib
import subprocess
import sys
import tempfile
import types

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

LIMIT_SECONDS = 60


def generate(protos, into):
    """Makes code from the protos, and gives all names of it in one namespace."""
    files = sorted(str(path.relative_to(protos)) for path in protos.glob("weir/v1/*.proto"))
    tool = [sys.executable, "-m", "grpc_tools.protoc", f"-I{protos}"]
    subprocess.run([*tool, f"--python_out={into}", f"--grpc_python_out={into}", *files], check=True)
    sys.path.insert(0, str(into))
    names = types.SimpleNamespace()
    for file in files:
        module = file.removesuffix(".proto").replace("/", ".")
        for kind in ("_pb2", "_pb2_grpc"):
            vars(names).update(vars(importlib.import_module(module + kind)))
    return names


def same(what, got, expected):
    """Raises unless the two are the same."""
    if got != expected:
        raise AssertionError(f"{what}: {got!r} instead of {expected!r}")


async def refused(call, code, reason):
    """Awaits a call that must be refused, with its code and the reason in its ErrorInfo."""
    try:
        answer = await call
    except grpc.aio.AioRpcError as error:
        same("the code", error.code(), code)
        details = rpc_status.from_call(AsSync(error)).details
        info = ErrorInfo()
        found = [detail for detail in details if detail.Unpack(info)]
        same("the number of ErrorInfos", len(found), 1)
        same("the reason", (info.domain, info.reason), ("weir.v1", reason))
        return info
    raise AssertionError(f"{reason} was expected, and the answer is {answer}")


class AsSync:
    """An error of an asynchronous call, as `rpc_status` wants to be asked."""

    def __init__(self, error):
        self.code, self.details = error.code, error.details
        self.trailing_metadata = lambda: [tuple(pair) for pair in error.trailing_metadata()]


async def administer(v1, admin):
    """Creates, lists, is refused."""
    topic = v1.Topic(name="orders", partition_count=1)
    created = await admin.CreateTopic(v1.CreateTopicRequest(topic=topic))
    same("the topic", (created.topic.name, created.topic.partition_count), ("orders", 1))
    kitchen = v1.Subscription(
        name="kitchen",
        topic="orders",
        max_attempts=3,
        ack_deadline=Duration(seconds=20),
        minimum_backoff=Duration(),
        maximum_backoff=Duration(),
    )
    request = v1.CreateSubscriptionRequest(subscription=kitchen, start=v1.START_POSITION_LATEST)
    created = await admin.CreateSubscription(request)
    same("the deadline", created.subscription.ack_deadline, Duration(seconds=20))
    listed = await admin.ListTopics(v1.ListTopicsRequest())
    same("the topics", [one.name for one in listed.topics], ["orders"])
    listed = await admin.ListSubscriptions(v1.ListSubscriptionsRequest(topic="orders"))
    same("the subscriptions", [one.name for one in listed.subscriptions], ["kitchen"])

    again = admin.CreateTopic(v1.CreateTopicRequest(topic=topic))
    await refused(again, grpc.StatusCode.ALREADY_EXISTS, "TOPIC_ALREADY_EXISTS")
    missing = admin.GetTopic(v1.GetTopicRequest(topic="nowhere"))
    info = await refused(missing, grpc.StatusCode.NOT_FOUND, "TOPIC_NOT_FOUND")
    same("the topic that is missing", info.metadata["topic"], "nowhere")


async def publish(v1, publisher):
    """One batch with one call, and three batches in a pipeline."""
    message = v1.Message(payload=b"coffee", attributes={"table": "7"}, ordering_key="bar")
    stored = await publisher.Publish(v1.PublishRequest(topic="orders", messages=[message]))
    same("the places", [(run.first_offset, run.message_count) for run in stored.runs], [(0, 1)])

    call = publisher.PublishStream()
    for batch_id in (1, 2, 3):
        messages = [v1.Message(payload=f"{batch_id}/{n}".encode()) for n in range(10)]
        batch = v1.PublishStreamRequest(topic="orders", batch_id=batch_id, messages=messages)
        await call.write(batch)
    await call.done_writing()
    results = [result async for response in call for result in response.results]
    told = [(one.batch_id, one.HasField("error"), one.runs[0].first_offset) for one in results]
    same("the results", told, [(1, False, 1), (2, False, 11), (3, False, 21)])


async def pull(v1, subscriber, operator):
    """One message: given back, refused for good, requeued, acknowledged; each answer is durable."""

    async def lease():
        request = v1.PullRequest(subscription="kitchen", max_messages=1, wait=Duration(seconds=10))
        [delivery] = (await subscriber.Pull(request)).deliveries
        same("the message", delivery.message.payload, b"coffee")
        same("its attributes", dict(delivery.message.attributes), {"table": "7"})
        return delivery

    async def nack(delivery, action):
        options = v1.NackOptions(action=action, error_class="python")
        change = v1.NackChange(ack_id=delivery.ack_id, options=options)
        answer = await subscriber.Nack(v1.NackRequest(changes=[change]))
        same("the nack", (answer.changed_count, len(answer.errors)), (1, 0))

    first = await lease()
    await nack(first, v1.NACK_ACTION_RETRY)
    second = await lease()
    same("the attempts", (first.delivery_attempt, second.delivery_attempt), (1, 2))
    await nack(second, v1.NACK_ACTION_DEAD)

    every = v1.Selection(error_class="python")
    request = v1.RequeueDeadLettersRequest(subscription="kitchen", selection=every)
    done = await operator.RequeueDeadLetters(request)
    same("the requeue", done.operation.affected, 1)
    third = await lease()
    ids = v1.AcknowledgeRequest(ack_ids=[third.ack_id, first.ack_id])
    answer = await subscriber.Acknowledge(ids)
    same("the acks", answer.acknowledged_count, 1)
    stale = [error.error.reason for error in answer.errors]
    same("the stale ack", stale, [v1.ERROR_REASON_LEASE_STALE])


async def subscribe(v1, subscriber, count):
    """Receives over a stream within an allowance, and acknowledges ranges."""
    call = subscriber.Subscribe()
    start = v1.SubscribeStart(
        subscription="kitchen", consumer="python", max_outstanding_messages=7
    )
    await call.write(v1.SubscribeRequest(start=start))
    received = []
    while len(received) < count:
        response = await call.read()
        if response is grpc.aio.EOF:
            raise AssertionError(f"the stream ended after {len(received)} messages")
        if response.HasField("started"):
            same("the topic", response.started.topic, "orders")
        for run in response.runs:
            received += [message.payload.decode() for message in run.messages]
            last = run.first_sequence + len(run.messages) - 1
            acks = v1.SequenceRange(first=run.first_sequence, last=last)
            await call.write(v1.SubscribeRequest(acks=[acks]))
    await call.done_writing()
    while await call.read() is not grpc.aio.EOF:
        pass
    same("what was received", received, [f"{b}/{n}" for b in (1, 2, 3) for n in range(10)])


async def count(v1, stats, admin):
    """The books, and the end."""
    answer = await stats.GetStats(v1.GetStatsRequest(subscription="kitchen"))
    [kitchen] = answer.subscriptions
    told = (kitchen.entered, kitchen.acked, kitchen.backlog, kitchen.dead)
    same("the books", told, (31, 31, 0, 0))
    same("the recount", kitchen.conservation_error, 0)
    samples = stats.Watch(v1.WatchRequest())
    same("the first sample is full", (await samples.read()).full, True)
    samples.cancel()

    await admin.DeleteSubscription(v1.DeleteSubscriptionRequest(subscription="kitchen"))
    await admin.DeleteTopic(v1.DeleteTopicRequest(topic="orders"))
    listed = await admin.ListTopics(v1.ListTopicsRequest())
    same("the topics", len(listed.topics), 0)


async def main(address, protos):
    """All of it, one after the other, on one connection."""
    with tempfile.TemporaryDirectory() as folder:
        v1 = generate(pathlib.Path(protos), pathlib.Path(folder))
        async with grpc.aio.insecure_channel(address) as channel:
            admin, operator = v1.AdminStub(channel), v1.OperatorStub(channel)
            subscriber = v1.SubscriberStub(channel)
            await administer(v1, admin)
            await publish(v1, v1.PublisherStub(channel))
            await pull(v1, subscriber, operator)
            await subscribe(v1, subscriber, 30)
            await count(v1, v1.StatsStub(channel), admin)
    print("a client in Python was understood")


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), LIMIT_SECONDS))
