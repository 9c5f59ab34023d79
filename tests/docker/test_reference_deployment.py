"""What can be known of docker/ without an engine: the files parse, name what exists, and give nothing away."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"


def instructions() -> list[tuple[str, str]]:
    text = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


def final_stage() -> list[tuple[str, str]]:
    whole = instructions()
    return whole[max(place for place, (word, _) in enumerate(whole) if word == "FROM") :]


def one(word: str) -> str:
    (found,) = [rest for name, rest in final_stage() if name == word]
    return found


@pytest.fixture
def services():
    return yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))["services"]


def test_the_image_is_built_in_stages_from_pinned_bases():
    bases = [rest.split()[0] for word, rest in instructions() if word == "FROM"]
    assert len(bases) > 1
    assert all(":" in base and not base.endswith(":latest") for base in bases)


def test_the_server_does_not_run_as_root():
    words = [word for word, _ in final_stage()]
    assert one("USER") not in {"0", "root"}
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert "RUN" not in words[words.index("USER") :]


def test_the_health_check_asks_healthz_at_the_port_that_is_served():
    command = json.loads(one("CMD"))
    port = command[command.index("--port") + 1]
    check = one("HEALTHCHECK")
    assert f"http://127.0.0.1:{port}/healthz" in check
    compile(json.loads(check[check.index("[") :])[2], "health check", "exec")
    assert port == one("EXPOSE")


def test_the_data_is_in_the_volume():
    command = json.loads(one("CMD"))
    assert command[command.index("--data") + 1] == one("VOLUME")


def test_the_program_is_the_packages():
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (program,) = json.loads(one("ENTRYPOINT"))
    assert f'{program} = "server.cli:main"' in pyproject


def test_the_build_sees_all_the_package_is_built_from():
    lines = (DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    shown = {line.removeprefix("!") for line in lines if line.startswith("!")}
    import hatch_build

    sources = {name.split("/")[0] for name in (*hatch_build.SOURCE_FILES, *hatch_build.SOURCE_FOLDERS)}
    assert sources | {"pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "router", "server"} == shown
    assert [] == [name for name in shown if not (ROOT / name).exists()]


def test_only_the_proxy_is_reachable_from_outside(services):
    assert ["proxy"] == [name for name, service in services.items() if service.get("ports")]


def test_every_service_gives_up_its_rights(services):
    for service in services.values():
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]


def test_what_compose_names_exists(services):
    volumes = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))["volumes"]
    build = services["frontdesk"]["build"]
    context = (DOCKER / build["context"]).resolve()
    assert context == ROOT
    assert (context / build["dockerfile"]).is_file()
    for service in services.values():
        for mount in service["volumes"]:
            source = mount.split(":")[0]
            assert (DOCKER / source).is_file() if source.startswith(".") else source in volumes
        assert not service["image"].endswith(":latest")


def test_the_proxy_waits_for_health_and_knows_the_server(services):
    caddyfile = (DOCKER / "Caddyfile").read_text(encoding="utf-8")
    assert services["proxy"]["depends_on"]["frontdesk"]["condition"] == "service_healthy"
    (port,) = services["frontdesk"]["expose"]
    assert f"reverse_proxy {{$FRONTDESK_UPSTREAM:frontdesk:{port}}}" in caddyfile
    assert caddyfile.count("{") == caddyfile.count("}")


def test_the_server_believes_its_proxy_and_nobody_else(services):
    network = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))["networks"]["inside"]
    (config,) = network["ipam"]["config"]
    assert services["frontdesk"]["environment"]["FRONTDESK_TRUSTED_PROXY"] == config["subnet"]
    assert [service["networks"] for service in services.values()] == [["inside"], ["inside"]]


def test_what_watches_names_what_exists_and_is_reachable_on_this_machine_only(services):
    watching = yaml.safe_load((DOCKER / "observe.yaml").read_text(encoding="utf-8"))
    for name, service in watching["services"].items():
        if name in services:
            continue
        assert service["cap_drop"] == ["ALL"]
        assert not service["image"].endswith(":latest")
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        for mount in service["volumes"]:
            source = mount.split(":")[0]
            assert (DOCKER / source).is_file() if source.startswith(".") else source in watching["volumes"]
    scrape = yaml.safe_load((DOCKER / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"][0]
    (port,) = services["frontdesk"]["expose"]
    assert scrape["static_configs"] == [{"targets": [f"frontdesk:{port}"]}]
    (secret,) = watching["services"]["frontdesk"]["secrets"]
    assert scrape["authorization"]["credentials_file"] == f"/run/secrets/{secret}"


def test_the_proxy_keeps_the_metrics_inside():
    caddyfile = (DOCKER / "Caddyfile").read_text(encoding="utf-8")
    assert re.search(r"@inside path /metrics\n\s*respond @inside 404", caddyfile)
