"""What the explorer opens with: one tab each, the first in front, in lines that fit its editor."""

STARTERS = (
    """\
# What was heard last, and what of it you own.
query Heard {
  listening {
    recent(first: 10) {
      nodes {
        playedAt
        track { name }
        artist { name }
        album {
          name
          image(size: SMALL) { url alt }
          copies { release { title formats } }
        }
      }
    }
  }
}
""",
    """\
# Who was heard most, and how much each month.
query Favourites {
  listening {
    totals(period: LAST_365_DAYS) { plays artists }
    topArtists(first: 5, period: LAST_365_DAYS) {
      nodes {
        plays
        artist {
          name
          rank
          image(size: SMALL) { url }
          similarArtists(heardOnly: true) { name }
        }
      }
    }
    overTime(granularity: MONTH) { start plays }
  }
}
""",
    """\
# What it is worth, what to play, what to buy.
query Shelf {
  collecting {
    stats { totalItems estimatedValue currency }
    ownedNeverPlayed(first: 5) {
      nodes { release { title artists year } }
    }
    playedNotOwned(first: 5) {
      nodes { plays album { name } artist { name } }
    }
    films(first: 5) {
      nodes { mediaType movie { title year } }
    }
  }
}
""",
    """\
# Charts for a page of yours: see docs/cards.md.
query Cards {
  cards { name description parameters url }
}
""",
    """\
# How every source stands.
query Syncs {
  syncHealth {
    domain
    errorRate
    sources {
      provider
      syncType
      freshness
      lastSuccessAt
      nextDueAt
    }
  }
}
""",
    """\
# The newest events of syncs, then each as it
# happens, until you press the button again.
subscription Events {
  syncEvents(replay: 3) {
    ... on SyncEvent {
      at
      stage
      message
      progress
      run { provider syncType }
    }
  }
}
""",
)
