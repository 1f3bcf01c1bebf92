"""NATS under one roof: connection, calls, streamed replies, signals, durable consumers."""

from chassis.bus.calls import Answer
from chassis.bus.connection import Bus
from chassis.bus.consumers import DurableConsumer
from chassis.bus.incoming import IncomingStream
from chassis.bus.serving import MediaType

__all__ = ["Answer", "Bus", "DurableConsumer", "IncomingStream", "MediaType"]
