/** Reads all of listening and collecting with a client drawn from a document, in strict types. */

import createClient from "openapi-fetch";
import type { paths } from "./rewind.js";

declare const process: { argv: string[] };

const [baseUrl = "", key = ""] = process.argv.slice(2);
const { GET } = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });

const counts: Record<string, number> = {};

/** What was answered, and counted; an error ends the program. */
async function told<T>(
  asked: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await asked;
  const { pathname } = new URL(response.url);
  if (data === undefined) throw new Error(`${response.url}: ${JSON.stringify(error)}`);
  counts[pathname] = (counts[pathname] ?? 0) + 1;
  return data;
}

/** Each fact is of the kind that the types say, or the program has no use for it. */
function use(...facts: (string | number | boolean | null)[]): void {
  if (facts.includes(undefined as never)) throw new Error(`something is missing: ${facts}`);
}

/** A number in a path: some documents say that it is a text. */
const ref = (id: number) => ({ params: { path: { id: id as never } } });

const windows = [{}, { date: "2026-03-18" }, { from: "2025-01-01", to: "2026-12-31" }];

async function top(): Promise<void> {
  const periods = ["7day", "1month", "3month", "6month", "12month", "overall"] as const;
  for (const period of periods) {
    for (const window of windows) {
      const params = {
        query: { ...window, period, page: 1, limit: 5, include_sparklines: true },
      };
      const artists = await told(GET("/v1/listening/top/artists", { params }));
      const albums = await told(GET("/v1/listening/top/albums", { params }));
      const tracks = await told(GET("/v1/listening/top/tracks", { params }));
      for (const place of [...artists.data, ...albums.data, ...tracks.data]) {
        use(place.rank, place.id, place.name, place.detail, place.playcount, place.url);
        use(place.apple_music_url, ...(place.sparkline?.points ?? []));
      }
      use(artists.period, artists.pagination.total_pages, albums.pagination.total);
    }
  }
}

async function plays(): Promise<void> {
  const now = await told(GET("/v1/listening/now-playing"));
  use(now.is_playing, now.scrobbled_at);
  for (const window of windows) {
    const query = { ...window, limit: 5, page: 1 };
    const recent = await told(GET("/v1/listening/recent", { params: { query } }));
    const { date: _, ...range } = { date: "", ...query };
    const filters = { ...range, artist: "a", album: "e" };
    const history = await told(GET("/v1/listening/history", { params: { query: filters } }));
    for (const play of [...recent.data, ...history.data]) {
      use(play.track.id, play.track.name, play.track.url, play.track.preview_url);
      use(play.artist.id, play.artist.name, play.album.id, play.album.name, play.scrobbled_at);
    }
    const query_ = { params: { query: window } };
    const stats = await told(GET("/v1/listening/stats", query_));
    use(stats.total_scrobbles, stats.registered_date, stats.scrobbles_per_day);
    for (const group_by of ["week", "month", "year"] as const) {
      const asked = { ...window, group_by, limit: 2, compare_to: "previous_year" as const };
      const genres = await told(GET("/v1/listening/genres", { params: { query: asked } }));
      for (const { period, genres: plays, total } of [...genres.data, ...(genres.compare ?? [])])
        use(period, total, ...Object.values(plays));
    }
  }
  const albums = await told(GET("/v1/listening/recent/albums", { params: { query: { limit: 3 } } }));
  for (const each of albums.data) use(each.album.id, each.artist.name, each.last_scrobbled_at);
}

async function library(): Promise<void> {
  const query = { page: 1, limit: 5, order: "asc" as const, search: "o" };
  for (const sort of ["playcount", "name"] as const) {
    const artists = await told(
      GET("/v1/listening/artists", { params: { query: { ...query, sort } } }),
    );
    for (const { id } of artists.data) {
      const artist = await told(GET("/v1/listening/artists/{id}", ref(id)));
      use(artist.name, artist.mbid, artist.scrobble_count, artist.all_time_rank, artist.genre);
      for (const { at, count } of artist.sparkline?.points ?? []) use(at, count);
      for (const { name, playcount } of artist.top_albums) use(name, playcount);
      for (const { name, album_name } of artist.top_tracks) use(name, album_name);
      for (const { name, similarity_score } of artist.similar_artists) use(name, similarity_score);
    }
  }
  for (const sort of ["playcount", "name", "recent"] as const) {
    const asked = { params: { query: { ...query, sort, artist: "e" } } };
    for (const { id } of (await told(GET("/v1/listening/albums", asked))).data) {
      const album = await told(GET("/v1/listening/albums/{id}", ref(id)));
      use(album.name, album.artist.name, album.playcount, album.tracks.length);
    }
  }
}

async function time(): Promise<void> {
  const { years } = { years: (await told(GET("/v1/listening/years"))).data };
  for (const { year, total_scrobbles, top_artist } of years) {
    const calendar = await told(GET("/v1/listening/calendar", { params: { query: { year } } }));
    const path = { year: year as never };
    const query = { month: 3, include_sparklines: true };
    const whole = await told(GET("/v1/listening/year/{year}", { params: { path } }));
    const month = await told(GET("/v1/listening/year/{year}", { params: { path, query } }));
    if (calendar.total !== total_scrobbles || whole.total_scrobbles !== total_scrobbles)
      throw new Error(`the numbers of ${year} differ`);
    use(calendar.max_day.date, top_artist?.name ?? null, month.top_artists.length, whole.monthly.length);
  }
  for (const metric of ["scrobbles", "artists", "albums", "tracks"] as const) {
    const params = { query: { metric, from: "2020", to: "2026-12-31" } };
    const trends = await told(GET("/v1/listening/trends", { params }));
    for (const { period, value } of trends.data) use(trends.metric, period, value);
  }
  const { current, longest } = await told(GET("/v1/listening/streaks"));
  use(current.days, current.start_date, longest.end_date, longest.total_scrobbles);
  for (const rule of (await told(GET("/v1/listening/admin/filters"))).data)
    use(rule.id, rule.filter_type, rule.pattern, rule.scope, rule.reason, rule.created_at);
}

async function records(): Promise<void> {
  for (const window of windows) {
    const query = { ...window, page: 1, limit: 5, sort: "title", order: "asc", genre: "Rock" };
    const more = { ...query, format: "Vinyl", artist: "e", q: "e" };
    const found = await told(GET("/v1/collecting/vinyl", { params: { query } }));
    const fewer = await told(GET("/v1/collecting/vinyl", { params: { query: more } }));
    const recent = await told(
      GET("/v1/collecting/recent", { params: { query: { ...window, page: 1, limit: 5 } } }),
    );
    for (const { id } of [...found.data, ...fewer.data, ...recent.data]) {
      const record = await told(GET("/v1/collecting/vinyl/{id}", ref(id)));
      use(record.discogs_id, record.title, ...record.artists, record.year, record.date_added);
      use(record.image?.url ?? null, record.format_detail, record.lowest_price, record.country);
    }
    const stats = await told(GET("/v1/collecting/stats", { params: { query: window } }));
    use(stats.total_items, stats.estimated_value, stats.top_genre, stats.added_this_year);
  }
  const query = { page: 1, limit: 5, sort: "year", order: "asc" };
  const wants = await told(GET("/v1/collecting/wantlist", { params: { query } }));
  for (const { title, formats, notes } of wants.data) use(title, ...formats, notes);
  const groups = [
    ...(await told(GET("/v1/collecting/formats"))).data,
    ...(await told(GET("/v1/collecting/genres"))).data,
    ...(await told(GET("/v1/collecting/media/formats"))).data,
  ];
  for (const { name, count } of groups) use(name, count);
  const limit = { params: { query: { limit: 5 } } };
  for (const each of (await told(GET("/v1/collecting/artists", limit))).data)
    use(each.name, each.discogs_id, each.image_url, each.release_count);
  for (const filter of ["all", "listened", "unlistened"]) {
    const asked = { params: { query: { page: 1, limit: 5, sort: "added", filter } } };
    const crossed = await told(GET("/v1/collecting/cross-reference", asked));
    use(crossed.summary.listen_rate, crossed.pagination.total);
    for (const { collection, listening } of crossed.data)
      use(collection.title, listening.play_count, listening.match_type, listening.last_played);
  }
  const year = { params: { query: { year: 2026 as never } } };
  use((await told(GET("/v1/collecting/calendar", year))).total);
}

async function films(): Promise<void> {
  for (const window of windows) {
    const query = { ...window, page: 1, limit: 5, sort: "year", order: "asc", q: "e" };
    const found = await told(GET("/v1/collecting/media", { params: { query } }));
    const only = { ...query, format: "bluray", genre: "Drama" };
    const fewer = await told(GET("/v1/collecting/media", { params: { query: only } }));
    const recent = await told(
      GET("/v1/collecting/media/recent", { params: { query: { ...window, page: 1, limit: 5 } } }),
    );
    for (const { id } of [...found.data, ...fewer.data, ...recent.data]) {
      const film = await told(GET("/v1/collecting/media/{id}", ref(id)));
      use(film.title, film.tmdb_id, film.media_type, film.runtime, film.collected_at);
      for (const { watched_at, source, user_rating } of film.watch_history)
        use(watched_at, source, user_rating);
    }
  }
  const stats = await told(GET("/v1/collecting/media/stats"));
  use(stats.total_items, stats.added_this_year);
  for (const filter of ["all", "watched", "unwatched"]) {
    const asked = { params: { query: { page: 1, limit: 5, filter } } };
    const crossed = await told(GET("/v1/collecting/media/cross-reference", asked));
    use(crossed.summary.watch_rate, crossed.summary.total_owned);
    for (const { collection, watching } of crossed.data)
      use(collection.title, watching.watched, watching.watch_count, watching.last_watched);
  }
}

for (const read of [top, plays, library, time, records, films]) await read();
console.log(JSON.stringify(counts));
