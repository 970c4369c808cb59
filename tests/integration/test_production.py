"""A production as it runs: what it wants, what it says, what it does not have, and whose database it takes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from starlette.routing import BaseRoute, Mount, Route

from fils.bootstrap.gateway import Addresses
from fils.bootstrap.production import open_production
from fils.bootstrap.sandbox import open_sandbox
from fils.config import SANDBOX_KEY, read_settings
from tests.support.command_line import read_banner, run_fils, start_fils
from tests.support.customer import DOCUMENTED_REQUEST, Shop, call
from tests.support.ports import free_port
from tests.support.process import FilsProcess
from tests.support.production import ProductionProcess, write_master_key

BASE_URL = "https://pay.example"


def settings(folder: Path, port: int) -> dict[str, str]:
    return {
        "FILS_MODE": "production",
        "FILS_PORT": str(port),
        "FILS_BASE_URL": f"http://127.0.0.1:{port}" if port else BASE_URL,
        "FILS_DATABASE_URL": str(folder / "fils.sqlite3"),
        "FILS_MASTER_KEY_FILE": str(write_master_key(folder)),
    }


def begin(folder: Path, environment: dict[str, str], *, name: str = "Bakery") -> str:
    """Make an account, and with the first one the database; returns what was said on standard error."""
    finished = run_fils("accounts", "create", name, folder=folder, environment=environment)
    assert finished.returncode == 0, finished.stderr
    return finished.stderr


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductionProcess]:
    with ProductionProcess(tmp_path_factory.mktemp("production")).begin() as process:
        yield process


def test_the_banner_says_what_is_set_up_and_what_is_missing(tmp_path: Path) -> None:
    port = free_port()
    begin(tmp_path, settings(tmp_path, port))
    with start_fils("serve", folder=tmp_path, environment=settings(tmp_path, port)) as process:
        try:
            banner = read_banner(process)
        finally:
            process.terminate()
    key = (tmp_path / "master.key").read_text().strip()
    assert "is ready, in production." in banner
    assert f"Base url    http://127.0.0.1:{port}\n" in banner
    assert f"Database    {tmp_path}/fils.sqlite3\n" in banner
    assert "Accounts    1\n" in banner
    assert "It cannot take a payment yet." in banner
    for command in ("fils terminals add", "fils channels create", "fils keys create"):
        assert command in banner
    for absent in (key, "sk_sbox", "/kpg", "/shop"):
        assert absent not in banner
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "fils.sqlite3",
        "fils.sqlite3.lock",
        "master.key",
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"FILS_MODE": "", "FILS_MASTER_KEY_FILE": "k"}, "with FILS_MASTER_KEY_FILE the mode must be said"),
        ({"FILS_BASE_URL": ""}, "mode production wants FILS_BASE_URL (in fils.toml: base_url)"),
        ({"FILS_DATABASE_URL": ""}, "mode production wants FILS_DATABASE_URL (in fils.toml: database)"),
        ({"FILS_BASE_URL": "http://pay.example"}, "in production it must start with https://"),
        ({"FILS_SANDBOX_KEY": SANDBOX_KEY}, "FILS_SANDBOX_KEY is for mode sandbox alone"),
    ],
)
def test_half_a_production_is_not_started(tmp_path: Path, change: dict[str, str], words: str) -> None:
    finished = run_fils("serve", folder=tmp_path, environment=settings(tmp_path, 0) | change)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert words in finished.stderr
    assert finished.stderr.startswith("fils: ")
    assert finished.stderr.count("\n") == 1


def test_a_production_without_its_master_key_is_not_started(tmp_path: Path) -> None:
    begin(tmp_path, settings(tmp_path, 0))
    line = refusal_of(tmp_path, settings(tmp_path, 0) | {"FILS_MASTER_KEY_FILE": "gone.key"})
    assert line.startswith("fils: there is no master key gone.key; this database needs ")


def test_a_production_serves_from_no_database_that_it_would_have_to_make(tmp_path: Path) -> None:
    """A typo, a volume that is not mounted and another working directory look the same: nothing is there."""
    environment = settings(tmp_path, 0) | {"FILS_DATABASE_URL": "fils.sqlite3"}
    refused = (
        f"fils: the database {tmp_path}/fils.sqlite3 holds nothing of Fils; name the right one (--database, "
        "FILS_DATABASE_URL), or begin a new installation there with `fils accounts create NAME`\n"
    )
    assert refusal_of(tmp_path, environment) == refused
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]
    (tmp_path / "fils.sqlite3").touch()
    assert refusal_of(tmp_path, environment) == refused
    assert (tmp_path / "fils.sqlite3").stat().st_size == 0
    assert begin(tmp_path, environment) == f"made the new database {tmp_path}/fils.sqlite3\n"
    assert begin(tmp_path, environment, name="Cafe") == ""


def test_a_master_key_that_cannot_be_used_leaves_no_database_behind(tmp_path: Path) -> None:
    environment = settings(tmp_path, 0)
    (tmp_path / "master.key").write_text("no key")
    finished = run_fils("accounts", "create", "Bakery", folder=tmp_path, environment=environment)
    assert finished.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


def paths(routes: Sequence[BaseRoute], prefix: str = "") -> Iterator[str]:
    """The templates of all addresses, those of what is mounted too."""
    for route in routes:
        if isinstance(route, Mount):
            yield from paths(route.routes, prefix + route.path)
        else:
            assert isinstance(route, Route)
            yield prefix + route.path


async def test_a_production_has_the_addresses_of_the_gateway_and_no_other(
    tmp_path: Path, running: ProductionProcess
) -> None:
    """The two tables of addresses are laid side by side, and each of the sandbox's own is asked for."""
    (tmp_path / "sandbox").mkdir()
    sandbox_settings = read_settings({}, database=str(tmp_path / "sandbox" / "fils.sqlite3"))
    addresses = Addresses(public_url=BASE_URL, own_url="http://127.0.0.1:1")
    async with open_sandbox(sandbox_settings, addresses) as sandbox:
        of_sandbox = set(paths(sandbox.routes))
    begin(tmp_path, settings(tmp_path, 0))
    production_settings = read_settings(settings(tmp_path, 0))
    async with open_production(production_settings) as production:
        of_production = set(paths(production.routes))
    assert of_production < of_sandbox
    own = of_sandbox - of_production
    assert {"/", "/shop", "/shop/pay", "/kpg/PaymentHTTP.htm", "/kpg/tranPipe.htm"} <= own
    assert len(own) > 15
    for template in own:
        path = template.replace("{", "").replace("}", "").replace(":path", "")
        for method in ("GET", "POST"):
            answer = call(method, running.base_url + path, body=b"" if method == "POST" else None)
            assert answer.status == 404, (method, path)
            assert answer.text == ""


def test_nothing_of_the_sandbox_is_even_imported(tmp_path: Path) -> None:
    script = "import sys, fils.bootstrap.production; print(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    loaded = printed.split()
    assert "fils.bootstrap.gateway" in loaded
    for name in ("fils.knet.simulator", "fils.demo_shop", "fils.pages.home", "fils.bootstrap.sandbox"):
        assert name not in loaded


def test_the_sandboxs_key_opens_nothing(running: ProductionProcess) -> None:
    answer = Shop(running.base_url).post("/payments/setups", DOCUMENTED_REQUEST)
    assert answer.status == 401


def test_health_says_nothing_that_is_not_for_everybody(running: ProductionProcess) -> None:
    text = call("GET", f"{running.base_url}/health").text
    assert "sqlite3" not in text
    assert str(running.folder) not in text


def refusal_of(folder: Path, environment: dict[str, str]) -> str:
    finished = run_fils("serve", "--port", "0", folder=folder, environment=environment)
    assert (finished.returncode, finished.stdout) == (2, "")
    return finished.stderr


def test_a_database_belongs_to_one_mode(tmp_path: Path, durable_url: str) -> None:
    database = durable_url.removeprefix("sqlite:///")
    with ProductionProcess(tmp_path, database=database).begin() as production:
        pass
    sandbox = {"FILS_MODE": "sandbox", "FILS_DATABASE_URL": database, "FILS_DATA_DIR": str(tmp_path)}
    line = refusal_of(tmp_path, sandbox)
    assert "was made for mode=production and mode=sandbox was asked for" in line
    production.start()
    production.kill()


def test_a_sandboxs_database_is_none_of_a_production(tmp_path: Path, durable_url: str) -> None:
    database = durable_url.removeprefix("sqlite:///")
    sandbox = {"FILS_MODE": "sandbox", "FILS_DATA_DIR": str(tmp_path)}
    with FilsProcess(tmp_path, database=database, environment=sandbox):
        pass
    line = refusal_of(tmp_path, settings(tmp_path, 0) | {"FILS_DATABASE_URL": database})
    assert "was made for mode=sandbox and mode=production was asked for" in line


def test_fils_config_shows_a_production_without_its_secrets(tmp_path: Path) -> None:
    environment = settings(tmp_path, 4140) | {"FILS_DATABASE_URL": "postgresql://fils:hunter2@db/payments"}
    finished = run_fils("config", "--json", folder=tmp_path, environment=environment)
    document = json.loads(finished.stdout)
    assert document["mode"]["value"] == "production"
    assert document["database"]["value"] == "postgresql://db/payments"
    assert "hunter2" not in finished.stdout
