"""The receipt log's signed tree head: how many leaves it had at a time, and their root."""

from kernel.shapes import Count, Hash, Part, Signature, Time
from kernel.signature import Json, is_signed, public_key_of, sign

HEAD_DOMAIN = "larabot-log-head-v1"


class Head(Part):
    """A head as the log's key signed it."""

    public_key: Hash
    tree_size: Count
    root_hash: Hash
    at: Time
    signature: Signature

    def is_signed(self) -> bool:
        """Whether the signature is that of the key which stands in the head; whose key it is, is another question."""
        return is_signed(
            self.public_key, self.signature, HEAD_DOMAIN, _content(self.tree_size, self.root_hash, self.at)
        )


def sign_head(seed: str, tree_size: int, root_hash: str, at: str) -> Head:
    """The head of a tree at a time, signed with the log's seed (64 hex digits)."""
    return Head(
        public_key=public_key_of(seed),
        tree_size=tree_size,
        root_hash=root_hash,
        at=at,
        signature=sign(seed, HEAD_DOMAIN, _content(tree_size, root_hash, at)),
    )


def _content(tree_size: int, root_hash: str, at: str) -> dict[str, Json]:
    return {"tree_size": tree_size, "root_hash": root_hash, "at": at}
