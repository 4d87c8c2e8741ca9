"""The only place where a namespace address is written; everything else says `prefix:name`."""

from __future__ import annotations

from typing import Final

URIS: Final[dict[str, str]] = {
    "x": "adobe:ns:meta/",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "stRef": "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "crss": "http://ns.adobe.com/camera-raw-saved-settings/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "hdrgm": "http://ns.adobe.com/hdr-gain-map/1.0/",
    "hdr_metadata": "http://ns.adobe.com/hdr-metadata/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "acdsee": "http://ns.acdsee.com/iptc/1.0/",
    "darktable": "http://darktable.sf.net/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "sidelight": "sidelight:ns:1.0/",
}

PREFIXES: Final[dict[str, str]] = {uri: prefix for prefix, uri in URIS.items()}


def clark(name: str) -> str:
    """Return `{uri}name` of `prefix:name`; a Clark name passes through.

    Raises KeyError when the prefix is not in `URIS`.
    """
    if name.startswith("{"):
        return name
    prefix, _, local = name.partition(":")
    if not local:
        raise KeyError(f"{name!r} has no prefix")
    return f"{{{URIS[prefix]}}}{local}"


def split_clark(name: str) -> tuple[str, str]:
    """Return address and local name of `{uri}name`; the address of a bare name is empty."""
    if not name.startswith("{"):
        return "", name
    uri, _, local = name[1:].partition("}")
    return uri, local


def short(name: str) -> str:
    """Return `prefix:name` of a Clark name whose address is known, else the Clark name itself."""
    uri, local = split_clark(name)
    prefix = PREFIXES.get(uri)
    return f"{prefix}:{local}" if prefix else name
