"""The films and shows that the pretend providers know."""

from dataclasses import dataclass

MOVIE, SHOW = "movie", "tv"


@dataclass(frozen=True, slots=True)
class Film:
    """A film or a show under its number at the film database."""

    tmdb_id: int
    title: str
    year: int
    kind: str = MOVIE


FILMS = (
    Film(800101, "The Long Ferry", 1998),
    Film(800102, "Nattens øyne", 2011),
    Film(800103, "A Room Above the Harbour", 2004),
    Film(800104, "Seven Winters", 1987),
    Film(800105, "The Cartographer's Daughter", 2019),
    Film(800106, "Salt & Static", 2022),
    Film(800107, "Orchard Street", 1979),
    Film(800108, "Le Dernier Tramway", 1966),
    Film(800201, "Northern Lines", 2016, SHOW),
    Film(800202, "The Allotment", 2020, SHOW),
    Film(800203, "Signal Hill", 2013, SHOW),
    Film(800301, "The Glass Harvest", 1994),
    Film(800302, "Paper Lanterns", 2003),
    Film(800303, "A Quiet Inheritance", 2015),
    Film(800304, "The Salt Roads", 1972),
    Film(800305, "Winter Timetable", 1983),
    Film(800306, "Kingfisher", 2009),
    Film(800307, "The Ninth Bell", 1961),
    Film(800308, "Under the Cedar Line", 2018),
    Film(800309, "Copper Sky", 1956),
    Film(800310, "Last Light at Varanger", 2021),
    Film(800311, "The Understudy's Wife", 1949),
    Film(800312, "Moth Season", 2012),
    Film(800313, "The Long Ferry II", 2001),
    Film(800314, "Harbour Lights", 1939),
    Film(800315, "Two Rooms in Trieste", 1968),
    Film(800316, "The Beekeeper of Ardal", 2017),
    Film(800317, "Static", 1999),
    Film(800318, "Low Water", 1977),
    Film(800319, "The Orchard Thieves", 1991),
    Film(800320, "Ten Minutes to Bergen", 2006),
    Film(800321, "Night Post", 1954),
    Film(800322, "The Empty Chair", 2014),
    Film(800323, "Grass Widow", 1988),
    Film(800324, "The Astronomer Sleeps", 2020),
    Film(800325, "Red Kites", 1996),
    Film(800326, "A Map of Small Things", 2010),
    Film(800327, "Sundown Motel", 1982),
    Film(800328, "The Clockmaker's Debt", 1974),
    Film(800329, "Snow Blind", 2002),
    Film(800330, "The Weight of Feathers", 2023),
    Film(800331, "Elm Avenue", 1963),
    Film(800332, "Blue Hour", 2005),
    Film(800333, "The Last Projectionist", 1990),
    Film(800334, "Fathom", 2016),
    Film(800335, "The Widow's Almanac", 1958),
    Film(800336, "Perpetual Motion", 1971),
    Film(800337, "Daughters of the Fjord", 2013),
    Film(800338, "The Lamplighter", 1947),
    Film(800339, "Cold Iron", 1986),
    Film(800340, "Somewhere North of Here", 2019),
    Film(800341, "The Paper Architect", 2008),
    Film(800342, "Whistle Stop", 1951),
    Film(800343, "Tidewrack", 2011),
    Film(800344, "The Good Neighbour", 1979),
    Film(800345, "An Hour Before Dawn", 1965),
    Film(800346, "The Cellist", 2000),
    Film(800347, "Dust and Honey", 1993),
    Film(800348, "The Siege of Number Nine", 1976),
    Film(800349, "Fireweed", 2022),
    Film(800350, "Nobody's Island", 1984),
    Film(800351, "The Translator", 2007),
    Film(800352, "Velvet Underpass", 1997),
    Film(800353, "Seventeen Postcards", 1969),
    Film(800354, "The Hollow Crown Inn", 1944),
    Film(800355, "Miles from Water", 2024),
    Film(800356, "The Second Keeper", 1981),
)
