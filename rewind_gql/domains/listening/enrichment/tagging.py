"""Which of the tags people give are genres, and which tell of the spoken word."""

from collections.abc import Iterable

from rewind_gql.domains.listening.enrichment.records import Tag
from rewind_gql.text import clean

# A label, and behind the colon other words for it; the label's own small letters are one, too.
_GENRES = """
Rock: classic rock
Alternative: alternative rock, alt rock, alt-rock, alternative music
Indie: indie music
Indie Rock
Indie Pop: indiepop
Indie Folk
Art Rock
Blues Rock: blues-rock
Britpop: brit pop, brit-pop
Dream Pop: dreampop, dream-pop
Garage Rock: garage
Gothic Rock: goth rock, goth, gothic
Glam Rock: glam
Grunge
Hard Rock: hardrock
Jangle Pop
Krautrock: kraut rock
Lo-Fi: lofi, lo fi
Math Rock: mathrock
New Wave
No Wave
Noise Rock
Post-Rock: postrock, post rock
Progressive Rock: prog rock, prog, progrock
Psychedelic Rock: psych rock
Psychedelic: psychedelia, neo-psychedelia
Rock and Roll: rock n roll, rock 'n' roll, rock & roll
Rockabilly
Shoegaze: shoegazer, shoegazing
Slowcore: sadcore
Soft Rock: yacht rock
Southern Rock
Space Rock
Stoner Rock: stoner
Surf: surf rock
Metal: heavy metal
Alternative Metal
Black Metal
Death Metal
Doom Metal: doom
Folk Metal
Gothic Metal
Grindcore
Industrial Metal
Metalcore
Nu Metal: nu-metal, numetal
Post-Metal: post metal
Power Metal
Progressive Metal: prog metal
Sludge: sludge metal
Speed Metal
Symphonic Metal
Thrash Metal: thrash
Punk: punk rock
Emo
Folk Punk
Hardcore: hardcore punk
Oi
Pop Punk: pop-punk
Post-Hardcore: post hardcore
Post-Punk: post punk
Riot Grrrl
Screamo
Ska Punk: ska-punk
Skate Punk
Pop: pop music
Art Pop
Baroque Pop: chamber pop
City Pop
Dance-Pop: dance pop
Electropop: electro pop, electro-pop
Europop
Hyperpop
J-Pop: jpop, j pop
K-Pop: kpop, k pop
Pop Rock: pop-rock
Power Pop: powerpop
Singer-Songwriter: singer songwriter, songwriter
Synthpop: synth-pop, synth pop
Teen Pop
Twee: twee pop
Hip-Hop: hip hop, hiphop, rap, hip-hop/rap, rap music
Alternative Hip-Hop: alternative hip hop, alternative rap
Boom Bap
Cloud Rap
Conscious Hip-Hop: conscious hip hop
Drill: uk drill
East Coast Hip-Hop: east coast rap, east coast hip hop
Gangsta Rap
Grime
Instrumental Hip-Hop: instrumental hip hop
Jazz Rap
Trap
Turntablism
Underground Hip-Hop: underground hip hop, underground rap
West Coast Hip-Hop: west coast rap, west coast hip hop
Electronic: electronica, electronic music
Acid House
Ambient
Ambient Techno
Big Beat
Breakbeat: breaks
Breakcore
Chillout: chill out, chill-out, chill
Chillwave
Dance: edm, electronic dance music
Deep House
Downtempo: down tempo, down-tempo
Drum and Bass: dnb, drum n bass, drum & bass, drum'n'bass, d'n'b
Dub Techno
Dubstep
Electro
Electroclash
Footwork: juke
Future Garage
Glitch
Hardstyle
House: house music
IDM: intelligent dance music
Industrial
Jungle
Microhouse
Minimal: minimal techno
Nu Disco: nu-disco
Progressive House
Synthwave: retrowave, outrun
Tech House
Techno
Trance
Trip-Hop: trip hop, triphop
UK Garage: 2-step, uk bass
Vaporwave
Witch House
Jazz
Acid Jazz
Avant-Garde Jazz: avant-garde jazz, avant garde jazz
Bebop: hard bop, post-bop
Big Band
Contemporary Jazz: modern jazz
Cool Jazz
Free Jazz: free improvisation
Jazz Fusion: fusion, jazz-rock, jazz rock
Latin Jazz
Nu Jazz: nu-jazz
Smooth Jazz
Spiritual Jazz
Swing
Vocal Jazz
Blues
Chicago Blues
Delta Blues
Electric Blues
Boogie
Disco: italo disco
Doo-Wop: doo wop
Funk
Gospel
Motown
Neo-Soul: neo soul, neosoul
Northern Soul
P-Funk
R&B: rnb, r and b, r'n'b, rhythm and blues, contemporary r&b, alternative r&b, alternative rnb
Soul
Country
Alt-Country: alt country, alternative country
Americana
Bluegrass
Country Rock
Outlaw Country
Folk: folk music
Celtic: irish folk
Chamber Folk
Contemporary Folk
Folk Rock: folk-rock
Freak Folk: psych folk, psychedelic folk
Neofolk
Traditional Folk: trad folk
Reggae
Dancehall
Dub
Lovers Rock
Rocksteady
Roots Reggae
Ska
Latin: latin music, musica latina
Bachata
Bossa Nova: bossanova
Cumbia
Flamenco
Latin Pop
MPB: musica popular brasileira
Reggaeton
Rock en Español: rock en espanol
Salsa
Samba
Son Cubano
Tango
Tropicália: tropicalia
World: world music
African: african music
Afrobeat: afro beat, afro-beat
Afrobeats
Arabic: arabic music
Balkan: balkan music
Chanson: french chanson
Desert Blues: tuareg
Fado
Highlife
Klezmer
Mbalax
Qawwali
Raï: rai
Classical: classical music
Baroque
Chamber Music
Choral: choir
Contemporary Classical: modern composition
Minimalism
Modern Classical: neoclassical, neo-classical
Opera
Orchestral: symphonic
Piano: solo piano
Romantic: romantic era
Soundtrack: film score, ost, soundtracks, score, film music, original score
Video Game Music: vgm, game music
Musical: musicals, show tunes, broadway
Experimental: experimental music
Avant-Garde: avant-garde, avant garde, avantgarde
Drone
Electroacoustic: musique concrete
Field Recordings
Free Folk
Noise: harsh noise
Plunderphonics
Sound Collage
Easy Listening: lounge, exotica
Holiday: christmas music
New Age
"""

SPOKEN = frozenset(
    {
        "audiobook", "audiobooks", "audio book", "audio books", "spoken", "spoken word",
        "spokenword", "hörbuch", "hörbücher", "hoerbuch", "hoerbuecher", "hörspiel", "hoerspiel",
        "literature", "literary", "novel", "novels", "novelist", "fiction", "non-fiction",
        "nonfiction", "author", "authors", "writer", "writers", "poet", "poets", "poetry",
        "short story", "short stories", "essay", "essays",
    }
)  # fmt: skip
SPOKEN_FROM = 25
"""A tag weighs up to 100; from here on more than a few listeners mean it."""


def _folded(name: str) -> str:
    return clean(name).casefold()


def _labels() -> dict[str, str]:
    labels: dict[str, str] = {}
    for line in _GENRES.strip().splitlines():
        label, _, words = line.partition(":")
        for word in (label, *filter(None, words.split(","))):
            labels.setdefault(_folded(word), label)
    return labels


LABELS = _labels()
"""Every tag that is a genre, in small letters, and the genre's label."""


def genres_in(tags: Iterable[Tag]) -> list[Tag]:
    """The tags that are genres under their labels, in their order; of one genre the first counts.

    Where somebody is from, whom one has seen and what one owns are tags, too, but no genres.
    """
    kept: dict[str, Tag] = {}
    for tag in tags:
        label = LABELS.get(_folded(tag.name))
        if label and label not in kept:
            kept[label] = Tag(label, tag.count)
    return list(kept.values())


def is_spoken(tags: Iterable[Tag]) -> bool:
    """Whether listeners say of somebody that they are read or read aloud rather than sung."""
    return any(tag.count >= SPOKEN_FROM and _folded(tag.name) in SPOKEN for tag in tags)
