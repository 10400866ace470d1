"""Speaks to a running broker without its protos: what it must know, the broker's reflection tells.

Usage: generic.py HOST:PORT. Ends with 0 when everything came as the contract says.
"""

import sys

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha import proto_reflection_descriptor_database as reflection

LIMIT_SECONDS = 30
SERVICES = {"Admin", "Operator", "Publisher", "Stats", "Subscriber"}


class Generic:
    """A client of whatever the other side offers."""

    def __init__(self, channel):
        self.channel = channel
        self.known = reflection.ProtoReflectionDescriptorDatabase(channel)
        self.pool = descriptor_pool.DescriptorPool(self.known)

    def services(self):
        """The names of all services."""
        return set(self.known.get_services())

    def call(self, service, method, request):
        """Calls a method with a request given as a dict; its answer is one, too."""
        found = self.pool.FindServiceByName(service).FindMethodByName(method)
        into = message_factory.GetMessageClass(found.input_type)
        out_of = message_factory.GetMessageClass(found.output_type)
        call = self.channel.unary_unary(
            f"/{service}/{method}",
            request_serializer=into.SerializeToString,
            response_deserializer=out_of.FromString,
        )
        answer = call(json_format.ParseDict(request, into()), timeout=LIMIT_SECONDS)
        return json_format.MessageToDict(answer, preserving_proto_field_name=True)


def same(what, got, expected):
    """Raises unless the two are the same."""
    if got != expected:
        raise AssertionError(f"{what}: {got!r} instead of {expected!r}")


def main(address):
    """Lists the services, creates a topic, publishes to it and reads its numbers."""
    with grpc.insecure_channel(address) as channel:
        client = Generic(channel)
        missing = {f"weir.v1.{name}" for name in SERVICES} - client.services()
        same("the services that are missing", missing, set())
        topic = {"name": "dynamic", "partition_count": 2, "retention_duration": "3600s"}
        made = client.call("weir.v1.Admin", "CreateTopic", {"topic": topic})["topic"]
        same("the topic", {key: made[key] for key in topic}, topic)
        batch = {"topic": "dynamic", "messages": [{"payload": "Y29mZmVl"}]}
        stored = client.call("weir.v1.Publisher", "Publish", batch)
        same("the places", [run["message_count"] for run in stored["runs"]], [1])
        numbers = client.call("weir.v1.Stats", "GetStats", {"topic": "dynamic"})
        same("the numbers", [one["published"] for one in numbers["topics"]], ["1"])
        client.call("weir.v1.Admin", "DeleteTopic", {"topic": "dynamic"})
    print("a client without protos was understood")


if __name__ == "__main__":
    main(sys.argv[1])
