"""Sidecars shaped like those of real programs, and an independent reader of their facts."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
CRS = "http://ns.adobe.com/camera-raw-settings/1.0/"

Fact = tuple[tuple[str, ...], str]

_OPEN = (
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{{toolkit}}">\n <rdf:RDF xmlns:rdf="{RDF}">\n'
)
_CLOSE = " </rdf:RDF>\n</x:xmpmeta>\n"


def _lightroom(body: str, attributes: str = "") -> str:
    toolkit = "Adobe XMP Core 7.0-c000 1.000000, 0000/00/00-00:00:00        "
    return (
        _OPEN.format(toolkit=toolkit)
        + '  <rdf:Description rdf:about=""\n'
        + '    xmlns:xmp="http://ns.adobe.com/xap/1.0/"\n'
        + '    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"\n'
        + '    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"\n'
        + '    xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"\n'
        + '    xmlns:dc="http://purl.org/dc/elements/1.1/"\n'
        + f'    xmlns:crs="{CRS}"\n'
        + '   xmp:Rating="3"\n   xmp:MetadataDate="2025-05-01T10:00:00+02:00"\n'
        + '   photoshop:SidecarForExtension="CR3"\n'
        + '   crs:Version="17.3"\n   crs:ProcessVersion="15.4"\n   crs:WhiteBalance="As Shot"\n'
        + '   crs:Temperature="5150"\n   crs:Tint="+7"\n   crs:Exposure2012="0.00"\n'
        + '   crs:Contrast2012="0"\n   crs:Saturation="0"\n   crs:BlueSaturation="0"\n'
        + '   crs:HDREditMode="0"\n   crs:ConvertToGrayscale="False"\n'
        + '   crs:ToneCurveName2012="Linear"\n   crs:AutoToneDigest="0123456789ABCDEF"\n'
        + f'{attributes}   crs:HasSettings="True"\n   crs:AlreadyApplied="False">\n'
        + body
        + "  </rdf:Description>\n"
        + _CLOSE
    )


_HISTORY = """   <xmpMM:History>
    <rdf:Seq>
     <rdf:li
      stEvt:action="derived"
      stEvt:parameters="saved to new location"/>
     <rdf:li
      stEvt:action="saved"
      stEvt:when="2025-05-01T10:00:00+02:00"
      stEvt:changed="/metadata"/>
    </rdf:Seq>
   </xmpMM:History>
   <dc:subject>
    <rdf:Bag>
     <rdf:li>Tromsø</rdf:li>
     <rdf:li>日本 &amp; <![CDATA[<b>bold</b>]]></rdf:li>
    </rdf:Bag>
   </dc:subject>
"""

_MASKS = """   <crs:MaskGroupBasedCorrections>
    <rdf:Seq>
     <rdf:li>
      <rdf:Description
       crs:What="Correction"
       crs:CorrectionAmount="1"
       crs:CorrectionName="Mask 1"
       crs:LocalExposure2012="0.125">
      <crs:CorrectionMasks>
       <rdf:Seq>
        <rdf:li
         crs:What="Mask/Image"
         crs:MaskSubType="1"
         crs:MaskDigest="D8F9E3D2"/>
        <rdf:li>
         <rdf:Description crs:What="Mask/Paint" crs:Radius="0.05">
          <crs:Dabs><rdf:Seq><rdf:li>d 0.1 0.2</rdf:li><rdf:li>r 0.03</rdf:li></rdf:Seq></crs:Dabs>
         </rdf:Description>
        </rdf:li>
       </rdf:Seq>
      </crs:CorrectionMasks>
      </rdf:Description>
     </rdf:li>
    </rdf:Seq>
   </crs:MaskGroupBasedCorrections>
"""

_POINT_COLOR = """   <crs:PointColors>
    <rdf:Seq>
     <rdf:li>0.1, 0.2, 0.3, -1.000000</rdf:li>
    </rdf:Seq>
   </crs:PointColors>
   <crs:Look>
    <rdf:Description
     crs:Name="Adobe Color"
     crs:Amount="1">
    <crs:Group>
     <rdf:Alt>
      <rdf:li xml:lang="x-default">Profiles</rdf:li>
     </rdf:Alt>
    </crs:Group>
    <crs:Parameters>
     <rdf:Description crs:Exposure2012="+0.10" crs:LookTable="E1095149FDB39D7A057BAB208837E2E1">
     <crs:ToneCurvePV2012>
      <rdf:Seq>
       <rdf:li>0, 0</rdf:li>
       <rdf:li>255, 255</rdf:li>
      </rdf:Seq>
     </crs:ToneCurvePV2012>
     </rdf:Description>
    </crs:Parameters>
    </rdf:Description>
   </crs:Look>
   <crs:ToneCurvePV2012>
    <rdf:Seq>
     <rdf:li>0, 0</rdf:li>
     <rdf:li>255, 255</rdf:li>
    </rdf:Seq>
   </crs:ToneCurvePV2012>
"""

_DARKTABLE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    + _OPEN.format(toolkit="XMP Core 4.4.0-Exiv2")
    + """  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:darktable="http://darktable.sf.net/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
   xmp:Rating="5"
   darktable:xmp_version="5"
   darktable:auto_presets_applied="1"
   darktable:history_end="2"
   darktable:iop_order_version="2"
   darktable:history_basic_hash="0123">
   <darktable:masks_history>
    <rdf:Seq>
     <rdf:li
      darktable:mask_num="1"
      darktable:mask_id="1714"
      darktable:mask_points="gz02eJxjYGBg"
      darktable:mask_src="0000000000000000"/>
    </rdf:Seq>
   </darktable:masks_history>
   <darktable:history>
    <rdf:Seq>
     <rdf:li
      darktable:num="0"
      darktable:operation="exposure"
      darktable:params="00000000000000000000004000004842000080c000000000"/>
     <rdf:li darktable:num="1" darktable:operation="crop" darktable:params="00"/>
    </rdf:Seq>
   </darktable:history>
   <lr:hierarchicalSubject><rdf:Bag><rdf:li>a|b</rdf:li></rdf:Bag></lr:hierarchicalSubject>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">One</rdf:li></rdf:Alt></dc:title>
  </rdf:Description>
"""
    + _CLOSE
)

_RAWTHERAPEE = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    + _OPEN.format(toolkit="XMP Core 5.5.0")
    + """  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" """
    + """xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmp:Rating="4" xmp:Label="Red" """
    + """tiff:Make="PENTAX"/>
"""
    + _CLOSE
    + " " * 100
    + '\n<?xpacket end="w"?>'
)

_DIGIKAM = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    + _OPEN.format(toolkit="XMP Core 4.4.0-Exiv2")
    + """  <rdf:Description rdf:about=""
    xmlns:digiKam="http://www.digikam.org/ns/1.0/"
    xmlns:acdsee="http://ns.acdsee.com/iptc/1.0/"
    xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
   acdsee:categories="&lt;Categories&gt;&lt;Category Assigned=&quot;1&quot;&gt;a&lt;/Category&gt;"
   MicrosoftPhoto:Rating="75"
   digiKam:ColorLabel="1"
   xmp:Rating="4">
   <digiKam:TagsList>
    <rdf:Seq>
     <rdf:li>People/Ana</rdf:li>
     <rdf:li>Places&#x2F;Oslo</rdf:li>
    </rdf:Seq>
   </digiKam:TagsList>
  </rdf:Description>
"""
    + _CLOSE
    + '<?xpacket end="w"?>'
)

_EXIFTOOL = f"""<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x='adobe:ns:meta/' x:xmptk='Image::ExifTool 12.76'>
<rdf:RDF xmlns:rdf='{RDF}'>

 <rdf:Description rdf:about=''
  xmlns:crs='{CRS}'>
  <crs:Contrast2012>+12</crs:Contrast2012>
  <crs:Exposure2012>+0.12</crs:Exposure2012>
  <crs:HasSettings>True</crs:HasSettings>
  <crs:ToneCurvePV2012>
   <rdf:Seq>
    <rdf:li>0, 0</rdf:li>
    <rdf:li>255, 255</rdf:li>
   </rdf:Seq>
  </crs:ToneCurvePV2012>
  <crs:Version/>
 </rdf:Description>

 <rdf:Description rdf:about=''
  xmlns:exif='http://ns.adobe.com/exif/1.0/'>
  <exif:Flash rdf:parseType='Resource'>
   <exif:Fired>False</exif:Fired>
   <exif:Mode>2</exif:Mode>
  </exif:Flash>
  <exif:UserComment>
   <rdf:Alt>
    <rdf:li xml:lang='x-default'>It&#39;s &lt;fine&gt;</rdf:li>
    <rdf:li xml:lang='de'>Gut</rdf:li>
   </rdf:Alt>
  </exif:UserComment>
 </rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end='w'?>"""

_PRIVATE = f"""<?xml version="1.0"?>
<!-- made by a studio's own tool -->
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="{RDF}" xmlns:st="https://studio.example/ns#">
\t<rdf:Description rdf:about="" st:job="47 / &quot;b&quot;" st:note='say "hi"'
\t\txmlns:xmp="http://ns.adobe.com/xap/1.0/">
\t\t<!-- inner -->
\t\t<st:client rdf:parseType="Resource"><st:name>Ane &amp; Co</st:name></st:client>
\t\t<st:link rdf:resource="https://studio.example/47"/>
\t\t<st:size><rdf:Description><rdf:value>12</rdf:value><st:unit>MB</st:unit></rdf:Description>
\t\t</st:size>
\t\t<st:raw><![CDATA[a < b && </st:raw> ]]></st:raw>
\t\t<st:raw2 xmlns:st="urn:other">x</st:raw2>
\t\t<?studio keep="this"?>
\t\t<st:deep><rdf:Description><st:deep><rdf:Bag><rdf:li><rdf:Description
\t\t\tst:a="1"><st:deep>y</st:deep></rdf:Description></rdf:li></rdf:Bag></st:deep>
\t\t</rdf:Description></st:deep>
\t</rdf:Description>
\t<rdf:Description rdf:about=""/>
</rdf:RDF>
</x:xmpmeta>
"""

_SNAPSHOTS = _lightroom(
    """   <crss:SavedSettings xmlns:crss="http://ns.adobe.com/camera-raw-saved-settings/1.0/">
    <rdf:Bag>
     <rdf:li>
      <rdf:Description
       crss:Name="Before">
      <crss:Parameters>
       <rdf:Description
        crs:Exposure2012="+1.00"
        crs:HasSettings="True"/>
      </crss:Parameters>
      </rdf:Description>
     </rdf:li>
    </rdf:Bag>
   </crss:SavedSettings>
""",
    '   crs:RawFileName="IMG_1.CR3"\n   crs:AutoToneDigestNoSat="FEDCBA"\n',
)

BASES: dict[str, str] = {
    "lightroom-plain": _lightroom(_HISTORY),
    "lightroom-masks": _lightroom(_HISTORY + _MASKS),
    "lightroom-point-color": _lightroom(_POINT_COLOR),
    "lightroom-snapshots": _SNAPSHOTS,
    "darktable-masks": _DARKTABLE,
    "rawtherapee": _RAWTHERAPEE,
    "digikam": _DIGIKAM,
    "exiftool": _EXIFTOOL,
    "private-namespaces": _PRIVATE,
}


def _with_prefix(text: str) -> str:
    return re.sub(r"\bcrs:", "camraw:", text).replace("xmlns:crs=", "xmlns:camraw=")


def _one_line(text: str) -> str:
    return re.sub(r">\s+<", "><", text.replace("\n", " "))


def _apostrophes(text: str) -> str:
    return re.sub(r'="([^"\'<>]*)"', r"='\1'", text)


def _utf16(codec: str, mark: bytes) -> Callable[[str], bytes]:
    return lambda text: mark + text.replace("UTF-8", "UTF-16").encode(codec)


VARIANTS: dict[str, Callable[[str], bytes]] = {
    "plain": lambda text: text.encode(),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "utf-16-le": _utf16("utf-16-le", b"\xff\xfe"),
    "utf-16-be": _utf16("utf-16-be", b"\xfe\xff"),
    "utf-16-no-mark": _utf16("utf-16-le", b""),
    "other-prefix": lambda text: _with_prefix(text).encode(),
    "one-line": lambda text: _one_line(text).encode(),
    "apostrophes": lambda text: _apostrophes(text).encode(),
    "trailing-rubbish": lambda text: text.encode() + b"\0\0 </rdf:RDF> \xff\xfe rubbish",
}


def generated() -> dict[str, bytes]:
    """Return every base in every variant, by name."""
    return {
        f"{base}.{variant}": make(text)
        for base, text in BASES.items()
        for variant, make in VARIANTS.items()
    }


def decode(data: bytes) -> str:
    """Return the document's text without marks, XML declaration and trailing rubbish."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16")
    elif data.startswith(b"<\0"):
        text = data.decode("utf-16-le")
    else:
        text = data.decode("utf-8-sig", "replace")
    start = re.match(r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", text, re.DOTALL).end()
    root = re.match(r"<([\w.:-]+)", text[start:])[1]
    end = re.search(rf"</{root}\s*>", text[start:]).end()
    return text[start : start + end]


def facts(data: bytes) -> list[Fact]:
    """Return (path of names, value) of all that a sidecar says, sorted.

    Read with another parser than the package's own. Attribute and element form of a simple
    property give the same fact, and so does any split into `rdf:Description` blocks.
    """
    root = ElementTree.fromstring(decode(data))
    rdf = root if root.tag == f"{{{RDF}}}RDF" else root.find(f"{{{RDF}}}RDF")
    found: list[Fact] = []
    for block in rdf:
        found += [((name,), value) for name, value in block.attrib.items() if not _is_about(name)]
        for child in block:
            _collect(child, (child.tag,), found)
    return sorted(found)


def _is_about(name: str) -> bool:
    return name == f"{{{RDF}}}about"


def _collect(element: ElementTree.Element, path: tuple[str, ...], found: list[Fact]) -> None:
    for name, value in element.attrib.items():
        found.append(((*path, name), value))
    if len(element) == 0 and (element.text or not element.attrib):
        found.append((path, element.text or ""))
    for number, child in enumerate(element):
        _collect(child, (*path, f"{number}:{child.tag}"), found)


def facts_without(data: bytes, names: set[str]) -> list[Fact]:
    """Return the facts of all but the properties `names` ({address}name)."""
    return [fact for fact in facts(data) if fact[0][0] not in names]


def comments(data: bytes) -> list[str]:
    """Return comments, instructions and CDATA sections, verbatim."""
    return re.findall(r"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>", decode(data), re.DOTALL)
