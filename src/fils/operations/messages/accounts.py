"""What can be asked about accounts and their channels, and about what people did to them."""

from __future__ import annotations

from datetime import datetime

import msgspec


class CreateAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="create_account"):
    """Make an account."""

    name: str
    by: str
    default_success_url: str | None = None
    default_failure_url: str | None = None
    last_digit_zero: bool = False


class ChangeAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="change_account"):
    """Change what is not None. An empty url takes the default away."""

    account: str
    by: str
    name: str | None = None
    default_success_url: str | None = None
    default_failure_url: str | None = None
    last_digit_zero: bool | None = None


class ListAccounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="list_accounts"):
    """Every account, or the one that is named."""

    account: str | None = None


class ShowLog(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="show_log"):
    """What did people do to an account and what belongs to it?"""

    account: str | None = None


class CreateChannel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="create_channel"):
    """Make a channel."""

    name: str
    by: str
    account: str | None = None
    terminal: str | None = None


class ChangeChannel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="change_channel"):
    """Change what is not None."""

    channel: str
    by: str
    account: str | None = None
    name: str | None = None
    terminal: str | None = None


class ListChannels(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="list_channels"):
    """The channels of an account, or of all."""

    account: str | None = None


AccountRequest = (
    CreateAccount | ChangeAccount | ListAccounts | ShowLog | CreateChannel | ChangeChannel | ListChannels
)


class AccountEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An account as an operator sees it."""

    id: str
    prefix: str
    """The account's part of its base url."""
    name: str
    created_at: datetime
    default_success_url: str | None
    default_failure_url: str | None
    last_digit_zero: bool


class AccountList(msgspec.Struct, frozen=True, tag="account_list"):
    """Accounts, in the order of their ids."""

    accounts: tuple[AccountEntry, ...]


class ChannelEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as an operator sees it."""

    id: str
    account_id: str
    account_name: str
    name: str
    terminal_id: str
    created_at: datetime


class ChannelList(msgspec.Struct, frozen=True, tag="channel_list"):
    """Channels, account by account."""

    channels: tuple[ChannelEntry, ...]


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody did."""

    at: datetime
    by: str
    act: str
    subject_id: str
    what: str


class LogList(msgspec.Struct, frozen=True, tag="log_list"):
    """What people did, oldest first."""

    account_id: str
    account_name: str
    entries: tuple[LogEntry, ...]


AccountAnswer = AccountList | ChannelList | LogList
