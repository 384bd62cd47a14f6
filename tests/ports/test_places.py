"""Addresses taken apart, before anything is asked."""

import pytest

from rewind_gql.ports.places import NotOpen, check_open, moved, place

NO_PLACE = (
    "", "covers.example", "/a.jpg", "//covers.example/a.jpg", "http:", "http://", "http:///a.jpg",
    "http:covers.example/a", "ftp://covers.example/a", "file:///etc/passwd", "gopher://a.example/",
    "data:image/png;base64,AAAA", "javascript:alert(1)", "dict://a.example:11211/",
    "ldap://a.example/",
    "unix:///run/docker.sock", "http+unix://%2Frun%2Fdocker.sock/", "ws://a.example/",
    "about:blank",
    "http://me@covers.example/", "http://me:word@covers.example/", "http://@covers.example/",
    "http://covers.example@10.0.0.1/", "http://:80/",
    "http://covers.example:0/", "http://covers.example:65536/", "http://covers.example:-1/",
    "http://covers.example:80a/", "http://covers.example:８０/", "http://covers.example:80:80/",
    "http://covers.example\\@10.0.0.1/", "http:\\\\covers.example\\a", "http://covers.example\t/",
    "http://covers.example\r\nHost: b/", "http://covers.example/a\nb", "http://cov\x00ers.example/",
    "http://covers .example/", "http://covers%2eexample/", "http://%31%32%37.0.0.1/",
    "http://covers..example/", "http://.covers.example/", "http://covers.example../", "http://./",
    "http://covers_ex*mple/", "http://a,b/", "http://[::1/", "http://::1/", "http://[::1]x/",
    "http://[127.0.0.1]/", "http://[v1.x]/", "http://[]/", f"http://{'a' * 64}.example/",
    f"http://{'a.' * 130}example/", f"http://covers.example/{'a' * 4096}",
    "http://\u202ecovers.example/",
    "http://covers.example/\u2028a", "http://xn--/\u00a0", "http://a\u00adb/\u200b",
)  # fmt: skip

NOT_OPEN = (
    # numbers in all the ways that somebody reads as an address
    "http://127.0.0.1/", "http://127.1/", "http://127.0.1/", "http://0/", "http://0.0.0.0/",
    "http://2130706433/", "http://0x7f000001/", "http://0x7F.0.0.1/", "http://0x7f.1/",
    "http://0177.0.0.1/", "http://017700000001/", "http://0177.0.0x1/", "http://127.0.0.1./",
    "http://127.0.0.01/", "http://127.000.000.001/", "http://010.0.0.1/", "http://4294967295/",
    "http://127.0.0.256/", "http://1.2.3.4.5/", "http://99999999999/", "http://0x/",
    "http://a.0x1/",
    "http://covers.example.1/", "http://0xa9fea9fe/", "http://2852039166/", "http://169.16689662/",
    "http://169.254.43518/", "http://0251.0376.0251.0376/", "http://169.254.169.254/latest/",
    "http://１２７.０.０.１/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://127．0．0．1/",
    "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/", "http://[fe80::1]/", "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[fd00:ec2::254]/", "http://[fec0::1]/", "http://[ff02::1]/", "http://[2001:db8::1]/",
    "http://10.1.2.3/", "http://10.0.0.1#@covers.example@a/", "http://10.0.0.1?@covers.example/",
    "http://172.20.0.1/", "http://192.168.1.20/", "http://100.64.1.1/",
    "http://100.100.100.200/", "http://168.63.129.16/", "http://192.0.0.192/", "http://198.18.0.1/",
    "http://224.0.0.1/", "http://255.255.255.255/",
    # names that only a network of one's own knows
    "http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://a.localhost/",
    "http://ⓛocalhost/", "http://localhost.localdomain/", "http://printer.local/",
    "http://nas.lan/",
    "http://metadata/", "http://metadata.google.internal/", "http://metadata.google.internal./",
    "http://metadata.goog/", "http://instance-data/latest/", "http://instance-data.ec2.internal/",
    "http://kubernetes/", "http://kubernetes.default.svc/",
    "http://kubernetes.default.svc.cluster.local/",
    "http://router.home/", "http://router.home.arpa/", "http://wiki.corp/", "http://intranet/",
    "http://host.docker.internal/", "http://plex/",
    # ports that are not the web's
    "http://covers.example:22/", "http://covers.example:6379/", "http://covers.example:8080/",
    "https://covers.example:8443/", "http://8.8.8.8:53/", "https://[2606:4700::1]:32400/",
)  # fmt: skip


@pytest.mark.parametrize("url", NO_PLACE)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(NotOpen):
        place(url)


@pytest.mark.parametrize("url", NOT_OPEN)
def test_an_address_that_says_it_leads_inside_is_refused(url: str) -> None:
    found = place(url)

    with pytest.raises(NotOpen):
        check_open(found, plain=True)


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("https://covers.example", "https://covers.example", "/"),
        ("HTTPS://Covers.EXAMPLE./A?b=c#d", "https://covers.example", "/A?b=c"),
        ("https://covers.example:443/", "https://covers.example", "/"),
        ("http://covers.example:443/", "http://covers.example:443", "/"),
        ("http://8.8.8.8/a", "http://8.8.8.8", "/a"),
        ("https://[2606:4700:0::1111]/a", "https://[2606:4700::1111]", "/a"),
        ("https://bücher.example/ü?q=ü", "https://xn--bcher-kva.example", "/%C3%BC?q=%C3%BC"),
        (" https://covers.example/a b|c%20d%zz ", "https://covers.example", "/a%20b%7Cc%20d%zz"),
        ("https://covers.example//a//b", "https://covers.example", "//a//b"),
        ("https://covers.example?a=1", "https://covers.example", "/?a=1"),
        ("https://a_b.covers.example/", "https://a_b.covers.example", "/"),
    ],
)
def test_an_open_address_is_asked_as_it_stands(url: str, origin: str, target: str) -> None:
    found = place(url)

    check_open(found, plain=True)

    assert (found.origin, found.target) == (origin, target)


def test_http_is_refused_where_only_https_will_do() -> None:
    with pytest.raises(NotOpen, match="only https"):
        check_open(place("http://covers.example/"), plain=False)


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("b.jpg", "https://covers.example/a/b.jpg"),
        ("/b.jpg", "https://covers.example/b.jpg"),
        ("//other.example/b", "https://other.example/b"),
        ("?b", "https://covers.example/a/?b"),
    ],
)
def test_a_target_is_read_from_where_it_was_found(target: str, url: str) -> None:
    assert moved(place("https://covers.example/a/"), target).url == url


@pytest.mark.parametrize(
    "target", ["http://[::1", "//me@b.example/", "file:///etc/passwd", "\\\\b"]
)
def test_a_target_that_is_no_address_is_refused(target: str) -> None:
    with pytest.raises(NotOpen):
        moved(place("https://covers.example/a/"), target)
