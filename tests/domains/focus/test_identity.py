"""Reading a device's id."""

import pytest

from rewind_gql.domains.focus import identity
from rewind_gql.errors import BadInput


@pytest.mark.parametrize(
    ("device_id", "stem", "version"),
    [
        ("mac-app-v1.2.3", "mac-app", "1.2.3"),
        ("mac-app-1.2.3", "mac-app", "1.2.3"),
        ("windows-app-v1.1.0", "windows-app", "1.1.0"),
        ("windows_app_V2", "windows_app", "2"),
        ("cli:2.0", "cli", "2.0"),
        ("mac-app-v2.0.0-beta.1", "mac-app", "2.0.0-beta.1"),
        ("web-chrome-desktop", None, None),
        ("iphone-15", None, None),
        ("v1.2.3", None, None),
    ],
)
def test_a_version_at_the_end_of_an_id_is_found(
    device_id: str, stem: str | None, version: str | None
) -> None:
    assert (identity.stem(device_id), identity.version(device_id)) == (stem, version)


def test_two_versions_of_one_id_are_one_program() -> None:
    assert identity.same_program("mac-app-v1.2.3", "mac-app-v1.3.0")
    assert not identity.same_program("mac-app-v1.2.3", "web-app-v1.2.3")


def test_ids_without_a_version_are_one_program_only_when_equal() -> None:
    assert identity.same_program("iphone-15", "iphone-15")
    assert not identity.same_program("iphone-15", "iphone-16")


def test_no_id_is_no_program() -> None:
    assert not identity.same_program(None, None)


@pytest.mark.parametrize(
    ("device_id", "device_type"),
    [
        ("mac-app-v1.2.3", "mac_app"),
        ("Windows.app", "windows_app"),
        ("web-chrome-desktop", "web_timer"),
        ("android:7f", "android_app"),
        ("cli", "cli"),
        ("thing", "unknown"),
    ],
)
def test_the_first_word_of_an_id_names_the_kind_of_device(device_id: str, device_type: str) -> None:
    assert identity.type_of(device_id) == device_type


@pytest.mark.parametrize("device_id", ["", "a b", "x" * 129, "mac/app", "möbel", "a\n"])
def test_an_id_of_another_form_is_refused(device_id: str) -> None:
    with pytest.raises(BadInput, match="device_id must be"):
        identity.check_id(device_id)


@pytest.mark.parametrize("device_type", ["", "Mac App", "x" * 33, "_app"])
def test_a_kind_of_another_form_is_refused(device_type: str) -> None:
    with pytest.raises(BadInput, match="device_type must be"):
        identity.check_type(device_type)


def test_a_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(BadInput, match="name must be at most 200 characters"):
        identity.check_words("name", "x" * 201)
