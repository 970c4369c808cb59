"""What commands ask about the master key."""

from __future__ import annotations

from typing import assert_never

from fils.application.data_keys import Reseal, list_data_keys, replace_seals
from fils.application.ports import Ports
from fils.domain.errors import ConcurrentUpdate
from fils.operations.messages import Refused
from fils.operations.messages.master_key import (
    ListDataKeys,
    MasterKeyRequest,
    ReplaceSeals,
    ResealedKey,
    SealedDataKeys,
)


async def answer_about_master_key(ports: Ports, request: MasterKeyRequest) -> SealedDataKeys | Refused:
    """Do what *request* asks."""
    match request:
        case ListDataKeys():
            return await _stored(ports)
        case ReplaceSeals():
            try:
                await replace_seals(ports, [_reseal(key) for key in request.keys], by=request.by)
            except ConcurrentUpdate:
                return Refused(
                    "data_keys_changed",
                    "somebody else replaced the master key meanwhile; nothing was changed by this command",
                )
            return await _stored(ports)
        case _:
            assert_never(request)


async def _stored(ports: Ports) -> SealedDataKeys:
    keys = await list_data_keys(ports)
    return SealedDataKeys(
        tuple(
            ResealedKey(
                data_key_id=key.id, version=key.version, sealed=key.sealed, sealed_under=key.sealed_under
            )
            for key in keys
        )
    )


def _reseal(key: ResealedKey) -> Reseal:
    return Reseal(key.data_key_id, key.version, key.sealed, key.sealed_under)
