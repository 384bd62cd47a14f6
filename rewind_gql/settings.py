"""Settings, frozen, read once: the only reader of the environment."""

import difflib
import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from rewind_gql.errors import BadSettings
from rewind_gql.sync_settings import SyncSettings

__all__ = [
    "MIN_SECRET",
    "Origin",
    "Settings",
    "SyncSettings",
    "fields",
    "load",
    "loopback",
    "variable",
]

MIN_SECRET = 32

_KIND = r"\s*[a-z]+/[a-z_]+\s*=\s*[a-z-]+(?:\s*,\s*[a-z-]+)*\s*"
_ORDER = re.compile(rf"{_KIND}(?:;{_KIND})*;?\s*")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[\w-][\w.-]*)*/?", re.ASCII)
_ORIGIN = re.compile(r"https?://(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", re.ASCII)
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_SHORT_TMDB_KEY = re.compile(r"[0-9a-fA-F]{32}")


class Settings(BaseModel):
    """Everything that can be set. Environment first, then `rewind.toml`, then these defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Path("data")
    """Folder of the database, the images, the server's secret and backups."""
    database_url: str = ""
    """sqlite:////path or postgresql://user:password@host/name; empty: data_dir/rewind.db."""
    redis_url: str | None = None
    """redis://host:6379/0 hands jobs to separate workers; empty: this process does them."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for every network."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on."""
    secret: SecretStr | None = None
    """At least 32 characters; seals keys and tokens. Empty: made once in data_dir/secret.key."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least important event that is logged."""
    log_form: Literal["console", "json"] = "console"
    """One line for people, or one JSON object for machines."""
    health_public: bool = False
    """Serve /v1/health/sync without a key, with error texts left out."""
    allowed_origins: tuple[str, ...] = ()
    """Origins browsers may call from, such as https://example.org; comma-separated."""
    rate_limit_rpm: Annotated[int, Field(ge=1)] = 60
    """Requests a minute a new key may make."""
    graphql_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    """Seconds after which a GraphQL operation is broken off."""
    graphql_max_nodes: Annotated[int, Field(ge=1)] = 10_000
    """Items a GraphQL operation may ask for, those of lists within lists multiplied."""
    answer_cache_mb: Annotated[int, Field(ge=0, le=65_536)] = 32
    """Memory of each process for answers that are still true; 0 keeps none."""
    time_zone: str = "UTC"
    """IANA zone of the person; used for day buckets where a caller asks for local days."""
    unpaced: bool = False
    """Ask providers as fast as they answer; only for pretend providers on this machine."""
    demo_key: SecretStr | None = None
    """A key the query page starts with; only while listening on this machine alone."""

    lastfm_api_key: SecretStr | None = None
    """API key from https://www.last.fm/api/account/create."""
    lastfm_user: str | None = None
    """Whose plays to sync."""
    lastfm_base_url: str = "https://ws.audioscrobbler.com/2.0/"
    """Address of the API."""
    discogs_token: SecretStr | None = None
    """Personal token from https://www.discogs.com/settings/developers."""
    discogs_user: str | None = None
    """Whose collection to sync; empty: the token's owner."""
    discogs_base_url: str = "https://api.discogs.com"
    """Address of the API."""
    discogs_currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"
    """Currency of marketplace prices, ISO 4217."""
    discogs_images: bool = False
    """Take covers from Discogs, too; read its terms of use for images first."""

    trakt_client_id: str | None = None
    """Client id of an app of yours from https://trakt.tv/oauth/applications."""
    trakt_client_secret: SecretStr | None = None
    """Its client secret; then run: rewind connect trakt."""
    trakt_user: str | None = None
    """A name for the account, where you connect several servers; empty: whoever connects."""
    trakt_base_url: str = "https://api.trakt.tv"
    """Address of the API."""
    trakt_auth_base_url: str = "https://auth.trakt.tv"
    """Address where accounts are connected; older apps use that of the API."""

    image_store: str = ""
    """Where original images are kept: a folder, or s3://bucket/prefix; empty: data_dir/images."""
    image_store_endpoint: str = ""
    """Address of a store that speaks S3, such as http://minio:9000; empty: Amazon's."""
    image_store_region: Annotated[str, Field(pattern="^[a-z0-9-]+$")] = "us-east-1"
    """Region of the bucket."""
    image_store_key_id: str = ""
    """Access key of the bucket; empty: the machine's role or its AWS_ variables."""
    image_store_secret_key: SecretStr | None = None
    """Secret that goes with that key."""
    image_origin: str = ""
    """Where everybody may fetch images, such as https://images.example.org; empty: this server."""
    image_signed: bool = False
    """Serve images only by addresses this server gave out; clients may still choose the size."""
    image_cache_mb: Annotated[int, Field(ge=0)] = 512
    """Room for images in the sizes asked for, in data_dir/images-derived; 0 keeps none."""
    image_find: bool = True
    """Look for pictures of new things by itself, which tells those asked what you have; else only
    where somebody wants to see one, or `rewind images backfill` runs."""
    image_workers: Annotated[int, Field(ge=1, le=32)] = 1
    """Processes that read and resize images."""
    image_memory_mb: Annotated[int, Field(ge=256)] = 512
    """Memory each of them may have."""
    image_order: str = ""
    """Who is asked for pictures, first to last: listening/albums=itunes,deezer; other kinds follow
    behind a semicolon, and those left out keep their order."""
    image_private_origins: tuple[str, ...] = ()
    """Origins on your own network whose pages and pictures may be fetched; comma-separated."""
    image_placeholders: tuple[str, ...] = ()
    """SHA-256 of pictures that a source shows where it has none; comma-separated."""
    cover_art_archive_base_url: str = "https://coverartarchive.org"
    """Address of the archive."""
    apple_music_developer_token: SecretStr | None = None
    """A developer token of Apple Music, valid for half a year at most."""
    apple_music_team_id: str | None = None
    """Team id of an Apple developer account; with the next two, tokens are made here instead."""
    apple_music_key_id: str | None = None
    """Id of a media key from https://developer.apple.com/account/resources/authkeys/list."""
    apple_music_private_key: SecretStr | None = None
    """The key itself, the text of its .p8 file."""
    apple_music_user_token: SecretStr | None = None
    """Music user token of a listener, for what they played lately; it cannot be renewed here."""
    apple_music_origin: str = ""
    """Origin that goes with a token of the web player, such as https://music.apple.com."""
    apple_music_storefront: Annotated[str, Field(pattern="^[a-z]{2}$")] = "us"
    """Country of the catalogue, two letters."""
    apple_music_base_url: str = "https://api.music.apple.com/v1"
    """Address of the API."""
    itunes_country: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "US"
    """Country of the store, ISO 3166; what it does not have is looked for in the US."""
    itunes_base_url: str = "https://itunes.apple.com"
    """Address of the search."""
    itunes_links: bool = False
    """Look for what you hear there, twenty times a minute, for links to Apple Music."""
    musicbrainz_contact: str = ""
    """Your e-mail or page, which MusicBrainz wants to know; empty: it is not asked."""
    musicbrainz_base_url: str = "https://musicbrainz.org/ws/2"
    """Address of the API."""
    deezer_base_url: str = "https://api.deezer.com"
    """Address of the API."""
    fanarttv_api_key: SecretStr | None = None
    """Project key from https://fanart.tv/get-an-api-key/; empty: it is not asked."""
    fanarttv_client_key: SecretStr | None = None
    """Personal key, which shows new pictures sooner."""
    fanarttv_base_url: str = "https://webservice.fanart.tv/v3.2"
    """Address of the API."""
    tmdb_api_key: SecretStr | None = None
    """API Read Access Token from https://www.themoviedb.org/settings/api; empty: not asked."""
    tmdb_base_url: str = "https://api.themoviedb.org/3"
    """Address of the API."""
    tmdb_image_base_url: str = "https://image.tmdb.org/t/p"
    """Address of its pictures."""
    plex_base_url: str = ""
    """Your own Plex server, such as http://192.168.1.20:32400; empty: it is not asked."""
    plex_token: SecretStr | None = None
    """X-Plex-Token of that server."""

    sync: SyncSettings = SyncSettings()

    @field_validator(
        "allowed_origins", "image_private_origins", "image_placeholders", mode="before"
    )
    @classmethod
    def _comma_list(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
            raise ValueError("write an IANA time zone, such as Europe/Oslo") from unknown
        return value

    @field_validator("image_store")
    @classmethod
    def _folder_or_bucket(cls, value: str) -> str:
        if "://" in value and not _BUCKET.fullmatch(value):
            raise ValueError("write a folder, or s3://bucket/prefix")
        try:
            return str(Path(value).expanduser()) if value.startswith("~") else value
        except RuntimeError as unknown:
            raise ValueError("write the whole path: nobody by that name has a home") from unknown

    @field_validator("image_store_endpoint", "image_origin")
    @classmethod
    def _bare_origin(cls, value: str) -> str:
        if value and not _ORIGIN.fullmatch(value):
            raise ValueError("write https://host or http://host:9000, and nothing behind it")
        return value

    @field_validator("image_order")
    @classmethod
    def _ordered(cls, value: str) -> str:
        if value.strip() and not _ORDER.fullmatch(value):
            raise ValueError("write listening/albums=itunes,deezer;listening/artists=deezer")
        return value

    @field_validator("image_placeholders")
    @classmethod
    def _hashes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_SHA256.fullmatch(each) for each in value):
            raise ValueError("write SHA-256 hashes of files, 64 hex digits each")
        return tuple(each.lower() for each in value)

    @field_validator("image_private_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError("write origins alone, such as http://192.168.1.20:8080")
        return value

    @field_validator("tmdb_api_key")
    @classmethod
    def _read_access_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and _SHORT_TMDB_KEY.fullmatch(value.get_secret_value()):
            raise ValueError(
                "write the long API Read Access Token; the short key would stand in addresses"
            )
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "redis:")
        if parts.scheme not in ("redis", "rediss", "unix") or (parts.port or 0) < 0:
            raise ValueError("write redis://host:6379/0")
        return value

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < MIN_SECRET:
            raise ValueError(f"must have at least {MIN_SECRET} characters")
        return value

    @model_validator(mode="after")
    def _pretend_only(self) -> "Settings":
        asked = [self.lastfm_base_url, self.discogs_base_url]
        asked += [self.trakt_base_url] if self.trakt_client_id else []
        asked += [self.tmdb_base_url] if self.tmdb_api_key else []
        apple = self.apple_music_developer_token or self.apple_music_private_key
        asked += [self.apple_music_base_url] if apple else []
        asked += [self.itunes_base_url] if self.itunes_links else []
        asked += [self.musicbrainz_base_url] if self.musicbrainz_contact else []
        if self.unpaced and not all(map(loopback, asked)):
            raise ValueError(
                "REWIND_UNPACED is only for pretend providers on this machine; a real provider "
                "would lock you out"
            )
        return self

    @model_validator(mode="after")
    def _whole_login(self) -> "Settings":
        if bool(self.image_store_key_id) != bool(self.image_store_secret_key):
            raise ValueError(
                "REWIND_IMAGE_STORE_KEY_ID and REWIND_IMAGE_STORE_SECRET_KEY go together"
            )
        return self

    @property
    def url(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'rewind.db'}"

    def image_store_login(self) -> tuple[str, str] | None:
        """Access key and secret of the bucket of images; None where the machine has its own."""
        secret = self.image_store_secret_key
        return (self.image_store_key_id, secret.get_secret_value()) if secret else None

    def secret_bytes(self) -> bytes:
        """The server's secret; made in `data_dir/secret.key`, readable by its owner only.

        Raises `BadSettings` when the file cannot be made or is too short.
        """
        if self.secret is not None:
            return self.secret.get_secret_value().encode()
        path = self.data_dir / "secret.key"
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            _make_secret(path)
            found = path.read_bytes().strip()
        except OSError as refused:
            raise BadSettings(
                f"{path} cannot be made or read ({refused.strerror}). Make the folder writable, or "
                "set REWIND_SECRET."
            ) from refused
        if len(found) < MIN_SECRET:
            raise BadSettings(f"{path} is too short. Put back the copy from your backup.")
        return found


def _make_secret(path: Path) -> None:
    """Write a new secret unless there is one; two processes starting at once agree on one."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # the other process was first; its secret counts
    finally:
        draft.unlink()


def loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Origin(NamedTuple):
    """One setting: its name, its value in words, and where that comes from."""

    name: str
    value: str
    origin: str


_PASSWORD = re.compile(r"(?P<before>://[^:/@\s]*:).*(?P<after>@)|(?P<name>password=)[^&\s]+")

# Providers' and the ledger's settings go by the names their users know; all others by REWIND_.
_PLAIN = (
    "lastfm_", "discogs_", "sync_", "cover_art_archive_", "apple_music_", "itunes_", "deezer_",
    "fanarttv_", "tmdb_", "plex_", "trakt_", "musicbrainz_",
)  # fmt: skip
_OURS = ("REWIND_", *(name.upper() for name in _PLAIN if name != "sync_"))


def variable(field: str) -> str:
    """The environment variable of a field; `sync.lease_seconds` is `SYNC_LEASE_SECONDS`."""
    name = field.replace(".", "_")
    return (name if name.startswith(_PLAIN) else f"rewind_{name}").upper()


def fields() -> dict[str, Any]:
    """Every field by its dotted name, with pydantic's description of it."""
    own = {name: info for name, info in Settings.model_fields.items() if name != "sync"}
    return own | {f"sync.{name}": info for name, info in SyncSettings.model_fields.items()}


def load(
    given: Mapping[str, Any] | None = None, *, environ: Mapping[str, str] | None = None
) -> tuple[Settings, list[Origin]]:
    """The settings and where each one comes from; `given` (the command line) comes first.

    Raises `BadSettings` naming what is wrong, why, and how to put it right.
    """
    environ = os.environ if environ is None else environ
    given = {name: value for name, value in (given or {}).items() if value is not None}
    found = {name: (value, "command line") for name, value in given.items()}
    for name, entry in _from_environment(environ).items():
        found.setdefault(name, entry)
    folder = Path(str(found.get("data_dir", (Settings().data_dir, ""))[0]))
    for name, entry in _from_file(environ, folder).items():
        found.setdefault(name, entry)
    if "port" not in found and environ.get("PORT"):
        found["port"] = (environ["PORT"], "environment PORT")
    settings = _build({name: value for name, (value, _) in found.items()}, found)
    return settings, [_origin(settings, name, found) for name in fields()]


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    known = {variable(name): name for name in fields()}
    found: dict[str, tuple[Any, str]] = {}
    for key in sorted(environ):
        name = known.get(key.removesuffix("_FILE"))
        if name and key.endswith("_FILE") and key not in known:
            found[name] = (_read_secret(key, environ[key]), f"file {environ[key]} ({key})")
        elif name:
            found.setdefault(name, (environ[key], f"environment {key}"))
        elif key.startswith(_OURS) and key != "REWIND_CONFIG":
            raise BadSettings(_unknown(key, "environment variable", known))
    return {name: entry for name, entry in found.items() if entry[0] != ""}


def _read_secret(key: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadSettings(
            f"{key} points to {path}, which cannot be read ({type(wrong).__name__}). Check that "
            "the file exists and may be read by this user."
        ) from wrong


def _from_file(environ: Mapping[str, str], data_dir: Path) -> dict[str, tuple[Any, str]]:
    named = environ.get("REWIND_CONFIG")
    paths = [Path(named)] if named else [Path("rewind.toml"), data_dir / "rewind.toml"]
    path = next((path for path in paths if named or path.is_file()), None)
    if path is None:
        return {}
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise BadSettings(f"{path} cannot be read as TOML: {wrong}") from wrong
    sync = raw.pop("sync", {})
    if not isinstance(sync, dict):
        raise BadSettings(f"In {path}, sync is a table: write its settings below a line [sync].")
    flat = raw | ({f"sync.{key}": value for key, value in sync.items()} if sync else {})
    known = {name: name for name in fields()}
    for key in flat:
        if key not in known:
            raise BadSettings(_unknown(key, f"setting in {path}", known))
    return {name: (value, str(path)) for name, value in flat.items()}


def _unknown(key: str, what: str, known: Mapping[str, str]) -> str:
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    hint = f" Did you mean {close[0]}?" if close else " `rewind config show` lists all there are."
    return f"{key} is no known {what}.{hint}"


def _build(values: dict[str, Any], found: Mapping[str, tuple[Any, str]]) -> Settings:
    sync = {k.removeprefix("sync."): v for k, v in values.items() if k.startswith("sync.")}
    own = {k: v for k, v in values.items() if not k.startswith("sync.")}
    try:
        return Settings(**own, sync=SyncSettings(**sync))
    except ValidationError as wrong:
        prefix = "sync." if wrong.title == "SyncSettings" else ""
        lines = [_explain(prefix, error, found) for error in wrong.errors()]
        raise BadSettings("\n".join(lines)) from None


def _explain(prefix: str, error: Any, found: Mapping[str, tuple[Any, str]]) -> str:
    reason = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return f"{reason}."
    name = prefix + ".".join(str(part) for part in error["loc"] if isinstance(part, str))
    value, origin = found.get(name, (None, "default"))
    info = fields().get(name)
    secret = info is not None and "SecretStr" in str(info.annotation)
    shown = "a value that is kept secret" if secret else _without_password(repr(value))
    return f"{variable(name)} is {shown} ({origin}): {reason}."


def _without_password(text: str) -> str:
    """An address without the password in it."""
    return _PASSWORD.sub(
        lambda at: f"{at['before'] or at['name']}[secret]{at['after'] or ''}", text
    )


def _origin(settings: Settings, name: str, found: Mapping[str, tuple[Any, str]]) -> Origin:
    holder: Any = settings.sync if name.startswith("sync.") else settings
    value = getattr(holder, name.removeprefix("sync."))
    shown = "" if value is None or value == "" else str(value)
    if isinstance(value, tuple):
        shown = ",".join(value)
    return Origin(name, _without_password(shown), found[name][1] if name in found else "default")
