// Finds sections of the book by their words. MiniSearch ranks each word (BM25); what
// is known of words (endings, synonyms, slips) and of pages is put around it here.
//   index = {pages: [[address, title, kind, description, sections]], synonyms},
//   sections = [[id, heading, terms defined, names in its code, text, how people ask]].
"use strict";
(function (global) {
  // Of two equally good matches the chapter is the one to read.
  const KINDS = { chapter: 1, atlas: 0.8, basics: 0.7, glossary: 0.5, start: 0.5, reference: 0.45, solutions: 0.2, record: 0.15 };
  // Parts that repeat what others explain, and lists that lead into the guide.
  const ROUTINE = {
    Summary: 0.8, Exercises: 0.5, "Further reading": 0.5,
    "Start from what went wrong": 0.4, "All questions and answers at a glance": 0.4,
  };
  const FIELDS = { heading: 4, terms: 4, title: 2, about: 2, names: 1, text: 1, asked: 2.5 };
  const STOP = new Set(("a an and are as at be been between but by can could did do does for from had has have how i if in into is it its "
    + "me much my no not of on or our should so than that the their them then there these they this to too use used using vs versus "
    + "was we were what when where which while who why will with would you your after also before cant doesnt dont just only there while "
    + "about am any because being get gets getting give gives go goes going got like make makes need really still some such tell very want").split(" "));
  // Words that narrow nothing down here: what is said of a loss, where it is used, how one asks.
  const WEAK = new Set(("function functions good bad best better python sklearn torch pytorch nn keras tensorflow tf xgboost lightgbm catboost neg "
    + "always calculate code compute definition difference example explain explained formula help implement implementation interpret meaning "
    + "problem question scenario tutorial understand understanding value values").split(" "));
  // An answer of the guide names the chapter that explains it; its page is on all subjects.
  const GUIDE = 0.4;
  const isGuide = ({ id }) => id.startsWith("guide-");
  // A section also counts for what its page says of the query: PAGE of the whole, by the
  // NEAR best sections for each word.
  const PAGE = 0.3, NEAR = 3;
  const PREFIX = 0.5, FAINT = 0.3, SYNONYM = 0.9, PARTS = 0.2;
  // Each further section of a page counts less, so that other pages are seen, too.
  const AGAIN = 0.9, LEAST = 0.5;
  const LENGTH = 210, LEAD = 40; // of an excerpt, in letters

  // Letters without accents; R², which the index writes R^2, is R2.
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}|\^(?=\d)/gu, "");
  // British and American endings become one before the stem is taken.
  const cache = new Map();
  const stem = (word) => {
    if (!cache.has(word)) cache.set(word, stemmed(word));
    return cache.get(word);
  };
  const stemmed = (word) => global.stemmer(word
    .replace(/(..)is(e|ed|er|ers|es|ing|ation|ations)$/, "$1iz$2")
    .replace(/(..)ys(e|ed|er|ers|es|ing)$/, "$1yz$2")
    .replace(/(...)our/, "$1or")
    .replace(/(t)re(s?)$/, "$1er$2"));

  const rootOf = (token) => "." + stem(token); // a word has no dot, so the two never meet

  // Words as they stand, with their place: [word, from, to].
  const wordsOf = (text) => Array.from(text.matchAll(/[\p{L}\p{M}\p{N}_]+(?:\^\d+)?/gu), (found) => [found[0], found.index, found.index + found[0].length]);
  // The parts of a name of a program: class_weight, HuberRegressor.
  const partsOf = (word) => {
    const parts = word.replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1_$2").replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1_$2").toLowerCase().split("_");
    return parts.length > 1 && parts.every((part) => part.length > 1) ? parts.filter((part) => !STOP.has(part)) : [];
  };
  const wordsIn = (text) => wordsOf(plain(text)).map(([word]) => word);
  const tokens = (text) => wordsIn(text).flatMap((word) => [word.toLowerCase(), ...partsOf(word)]);
  // A word is found by itself (for its beginnings and slips) and by its stem.
  const forms = (token) => [token, rootOf(token)];

  class Search {
    constructor(index) {
      this.sections = index.pages.flatMap(([page, title, kind, about, sections]) => sections.map(([id, heading, terms, names, text, asked = ""], n) => ({
        page, id, title, heading, terms, names, text, asked, kind, about: n ? "" : about,
        worth: KINDS[kind] * (kind === "chapter" && ROUTINE[heading] || 1) * (isGuide({ id }) ? GUIDE : 1),
      })));
      this.sections.forEach((section, number) => { section.number = number; });
      this.known = new Set();
      this.mini = new global.MiniSearch({
        idField: "number",
        fields: Object.keys(FIELDS),
        extractField: (section, field) => (field === "title" && section.title === section.heading ? "" : section[field]),
        tokenize: tokens,
        processTerm: (token) => {
          const found = forms(token);
          for (const form of found) this.known.add(form);
          return found;
        },
        searchOptions: { tokenize: (term) => [term], processTerm: (term) => term, boost: FIELDS },
      });
      this.synonyms = new Map(Object.entries(index.synonyms).map(([from, to]) => [wordsIn(from).map((word) => stem(word.toLowerCase())).join(" "), to]));
    }

    // {number: [score, terms of the index]} of one term.
    ask(term, options = {}, factor = 1) {
      return new Map(this.mini.search(term, options).map((hit) => [hit.id, [hit.score * factor, hit.terms]]));
    }

    // One word: the same but for its ending; else what begins so; else a slip, first of
    // all two letters in each other's place.
    word(word, last) {
      const token = word.toLowerCase();
      const root = rootOf(token);
      const found = [];
      if (this.known.has(root)) found.push(this.ask(root));
      const parts = partsOf(word);
      if (parts.length) found.push(scale(all(parts.map((part) => this.groups(part)[0]?.hits ?? new Map())), this.known.has(root) ? PARTS : 1));
      if (token.length > 2 && (last || !this.known.has(root))) found.push(this.ask(token, { prefix: true }, PREFIX));
      const hits = best(found);
      if (hits.size || token.length < 4) return hits;
      const swapped = Array.from(token, (_, at) => token.slice(0, at) + token.slice(at, at + 2).split("").reverse().join("") + token.slice(at + 2));
      const meant = swapped.map(rootOf).find((form) => this.known.has(form));
      if (meant) return this.ask(meant);
      return this.ask(token, { fuzzy: token.length < 8 ? 1 : 2, prefix: last });
    }

    // {page: score} of one word: the mean of its best sections.
    byPage(hits) {
      const scores = new Map();
      for (const [number, [score]] of hits) {
        const { page } = this.sections[number];
        if (!isGuide(this.sections[number])) scores.set(page, [...(scores.get(page) ?? []), score]);
      }
      return Array.from(scores, ([page, all]) => [page, all.sort((a, b) => b - a).slice(0, NEAR).reduce((sum, one) => sum + one, 0) / NEAR]);
    }

    // All words of a phrase, in any order.
    phrase(words) {
      return all(words.map((word) => word.toLowerCase()).filter((word) => !STOP.has(word)).map((word) => this.ask(rootOf(word))));
    }

    // What was typed, as groups of words: a phrase that has synonyms is one group.
    groups(query) {
      const words = wordsIn(query);
      const roots = words.map((word) => stem(word.toLowerCase()));
      const synonyms = (at, size) => this.synonyms.get(roots.slice(at, at + size).join(" "));
      const plainly = words.every((word) => STOP.has(word.toLowerCase()));
      const groups = [];
      for (let at = 0, size; at < words.length; at += size) {
        size = Math.min(4, words.length - at);
        while (size > 1 && !synonyms(at, size)) size -= 1;
        const own = words.slice(at, at + size);
        const same = synonyms(at, size) ?? [];
        const narrow = own.filter((word) => plainly || !STOP.has(word.toLowerCase()));
        if (!narrow.length && !same.length) continue;
        const itself = all(narrow.map((word) => this.word(word, word === words.at(-1))));
        const others = same.map((phrase) => scale(this.phrase(wordsIn(phrase)), SYNONYM));
        groups.push({ words: own.join(" "), hits: best([itself, ...others]), faint: own.every((word) => WEAK.has(word.toLowerCase()) || /^\d+$/.test(word)) });
      }
      return groups;
    }

    // The sections, best first, and the words that the book does not have. A section with
    // every word comes before an equally good one with some: its share of them is squared.
    find(query) {
      const groups = this.groups(query);
      const heard = groups.filter(({ hits }) => hits.size);
      // What nearly every section has says little, whichever field it stands in.
      const weights = heard.map(({ hits, faint }) => (faint ? FAINT : 1) * Math.sqrt(Math.log(1 + this.sections.length / hits.size)));
      const whole = weights.reduce((sum, weight) => sum + weight, 0);
      const sums = new Map();
      const pages = new Map();
      heard.forEach(({ hits }, n) => {
        for (const [page, score] of this.byPage(hits)) {
          const sum = pages.get(page) ?? { score: 0, share: 0 };
          sum.score += score * weights[n] / whole;
          sum.share += weights[n] / whole;
          pages.set(page, sum);
        }
        for (const [number, [score, terms]] of hits) {
          const sum = sums.get(number) ?? { section: this.sections[number], score: 0, share: 0, count: 0, terms: new Set() };
          sum.score += score * weights[n] / whole;
          sum.share += weights[n] / whole;
          sum.count += 1;
          for (const term of terms) sum.terms.add(term);
          sums.set(number, sum);
        }
      });
      const hits = Array.from(sums.values(), (sum) => ({
        section: sum.section, terms: sum.terms, full: sum.count === groups.length,
        score: sum.section.worth * ((1 - PAGE) * value(sum) + PAGE * value(pages.get(sum.section.page) ?? { score: 0, share: 0 })),
      }));
      const seen = new Map();
      for (const hit of hits.sort((a, b) => b.score - a.score)) {
        const before = seen.get(hit.section.page) ?? 0;
        seen.set(hit.section.page, before + 1);
        hit.score *= Math.max(LEAST, AGAIN ** before);
      }
      hits.sort((a, b) => b.score - a.score);
      return { hits, missing: groups.filter(({ hits: found }) => !found.size).map(({ words }) => words) };
    }
  }

  const value = ({ score, share }) => score * share ** 2;
  // Alternatives: the best of them counts. Words of one phrase: all must be there.
  const best = (maps) => {
    const result = new Map();
    for (const map of maps) {
      for (const [number, [score, terms]] of map) {
        const [before, others] = result.get(number) ?? [0, []];
        result.set(number, [Math.max(before, score), [...others, ...terms]]);
      }
    }
    return result;
  };
  const all = ([first, ...rest]) => {
    if (!first) return new Map();
    const result = new Map();
    for (const [number, [score, terms]] of first) {
      const others = rest.map((map) => map.get(number));
      if (others.every(Boolean)) result.set(number, [others.reduce((sum, other) => sum + other[0], score), [...terms, ...others.flatMap((other) => other[1])]]);
    }
    return result;
  };
  const scale = (map, factor) => new Map(Array.from(map, ([number, [score, terms]]) => [number, [score * factor, terms]]));

  // The words of a text as [text, whether it was found].
  const mark = (text, terms) => {
    const pieces = [];
    let at = 0;
    for (const [from, to] of hitsIn(text, terms)) {
      pieces.push([text.slice(at, from), false], [text.slice(from, to), true]);
      at = to;
    }
    return [...pieces, [text.slice(at), false]].filter(([piece]) => piece);
  };
  const hitsIn = (text, terms) => wordsOf(text)
    .map(([word, from, to]) => [from, to, [plain(word).toLowerCase(), ...partsOf(plain(word))].flatMap(forms).find((form) => terms.has(form))])
    .filter(([, , term]) => term);

  // The piece of the text in which most of the words stand together.
  const excerpt = (section, terms) => {
    let text = section.text;
    let hits = hitsIn(text, terms);
    if (!hits.length && hitsIn(section.names, terms).length) {
      text = `In its code: ${section.names}`;
      hits = hitsIn(text, terms);
    }
    let [first, most] = [0, 0];
    hits.forEach(([from], n) => {
      const near = hits.slice(n).filter(([, to]) => to < from + LENGTH - LEAD);
      const count = new Set(near.map(([, , term]) => term)).size + near.length / 100;
      if (count > most) [first, most] = [from, count];
    });
    const start = first > LEAD ? text.indexOf(" ", first - LEAD) + 1 : 0;
    const end = start + LENGTH < text.length ? text.lastIndexOf(" ", start + LENGTH) : text.length;
    const pieces = mark(text.slice(start, end), terms);
    return [...(start ? [["… ", false]] : []), ...pieces, ...(end < text.length ? [[" …", false]] : [])];
  };

  // The index is made in pieces, so that the page goes on answering.
  const make = async (index) => {
    const search = new Search(index);
    await search.mini.addAllAsync(search.sections, { chunkSize: 40 });
    return search;
  };

  global.BookSearch = { make, mark, excerpt };
})(globalThis);
