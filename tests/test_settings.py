"""Settings: where they come from, and how wrong ones are refused."""

from pathlib import Path

import pytest

from rewind_gql.errors import BadSettings
from rewind_gql.settings import Settings, load


def test_the_command_line_beats_the_environment_beats_the_file(tmp_path: Path) -> None:
    (tmp_path / "rewind.toml").write_text("port = 1\nhost = '::1'\nlastfm_user = 'file'\n")
    environ = {"REWIND_PORT": "2", "REWIND_HOST": "0.0.0.0"}  # noqa: S104

    found, origins = load({"data_dir": tmp_path, "port": 3}, environ=environ)

    assert (found.port, found.host, found.lastfm_user) == (3, "0.0.0.0", "file")  # noqa: S104
    assert {o.name: o.origin for o in origins if o.name in ("port", "host", "lastfm_user")} == {
        "port": "command line",
        "host": "environment REWIND_HOST",
        "lastfm_user": str(tmp_path / "rewind.toml"),
    }


def test_a_secret_may_come_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("tok-123\n")

    found, origins = load(environ={"DISCOGS_TOKEN_FILE": str(path)})

    assert found.discogs_token is not None
    assert found.discogs_token.get_secret_value() == "tok-123"
    assert not any("tok-123" in o.value for o in origins)


def test_a_password_in_an_address_is_never_shown() -> None:
    _, origins = load(environ={"REWIND_DATABASE_URL": "postgresql://me:hunter2@host/db"})

    shown = next(o.value for o in origins if o.name == "database_url")

    assert shown == "postgresql://me:[secret]@host/db"


def test_platforms_may_give_the_port_as_port() -> None:
    assert load(environ={"PORT": "81"})[0].port == 81
    assert load(environ={"PORT": "81", "REWIND_PORT": "82"})[0].port == 82


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"REWIND_PROT": "1"}, "Did you mean REWIND_PORT?"),
        ({"LASTFM_APIKEY": "1"}, "Did you mean LASTFM_API_KEY?"),
        ({"REWIND_PORT": "99999"}, "REWIND_PORT is '99999' (environment REWIND_PORT)"),
        ({"SYNC_HEARTBEAT_SECONDS": "100"}, "below SYNC_LEASE_SECONDS"),
        ({"REWIND_UNPACED": "1"}, "only for pretend providers"),
        ({"REWIND_SECRET": "hunter2"}, "at least 32 characters"),
        ({"LASTFM_API_KEY_FILE": "/nowhere"}, "cannot be read"),
        ({"REWIND_LOG_LEVEL": "loud"}, "REWIND_LOG_LEVEL"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_and_why(environ: dict[str, str], words: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load(environ=environ)

    assert words in refused.value.message
    assert "hunter2" not in refused.value.message


def test_an_unknown_name_in_the_file_gets_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "rewind.toml").write_text("[sync]\nlease_second = 1\n")

    with pytest.raises(BadSettings, match=r"sync\.lease_seconds"):
        load({"data_dir": tmp_path}, environ={})


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")

    first = settings.secret_bytes()

    assert settings.secret_bytes() == first
    assert len(first) == 64
    assert (tmp_path / "new" / "secret.key").stat().st_mode & 0o777 == 0o600


def test_a_damaged_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("short")

    with pytest.raises(BadSettings, match="too short"):
        Settings(data_dir=tmp_path).secret_bytes()


def test_the_folder_of_images_may_begin_with_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    found, _ = load(environ={"REWIND_IMAGE_STORE": "~/pics"})

    assert found.image_store == str(tmp_path / "pics")
    with pytest.raises(BadSettings, match="REWIND_IMAGE_STORE"):
        load(environ={"REWIND_IMAGE_STORE": "~nobody-at-all/pics"})
