// The part of a profile's page that answers its reader: any two columns as a picture, and columns found by name.
// Without scripts the page is whole but for these. It asks for nothing: all it shows is in the page.
(() => {
  'use strict';
  const at = id => document.getElementById(id);

  // ---- columns found by name
  const find = at('find');
  if (find) {
    const named = [...document.querySelectorAll('[data-column]')];
    const none = at('found-none');
    find.closest('label').hidden = false;
    find.addEventListener('input', () => {
      const wanted = find.value.trim().toLowerCase();
      let shown = 0;
      for (const e of named) {
        e.hidden = !e.dataset.column.toLowerCase().includes(wanted);
        shown += !e.hidden;
      }
      none.hidden = shown > 0;
    });
  }

  // ---- any two columns
  const source = at('any-data');
  if (!source) return;
  const {rows, columns, figures, first, second, color} = JSON.parse(source.textContent);
  const box = at('any-plot'), said = at('any-said'), key = at('any-key');
  const choice = {x: at('any-x'), y: at('any-y'), c: at('any-c')};
  const GROUPS = 7, SPACE = 'http://www.w3.org/2000/svg';
  let svg, W, H, left, right, top, bottom, loose;

  const node = (name, attributes, parent, text) => {
    const e = document.createElementNS(SPACE, name);
    for (const k in attributes) e.setAttribute(k, attributes[k]);
    if (text !== undefined) e.textContent = text;
    parent.appendChild(e);
    return e;
  };
  const label = (x, y, text, anchor, more) => node('text', {x, y, 'text-anchor': anchor, ...more}, svg, text);
  const cut = (text, most) => text.length > most ? text.slice(0, most - 1) + '…' : text;
  const sorted = list => list.slice().sort((a, b) => a - b);
  const quantile = (list, q) => {
    const k = (list.length - 1) * q, low = Math.floor(k), high = Math.ceil(k);
    return list[low] * (1 - (k - low)) + list[high] * (k - low);
  };
  const short = v => {
    const size = Math.abs(v);
    if (size >= 1e13 || (size > 0 && size < 1e-4)) return v.toExponential(1);
    const [by, letter] = [[1e9, 'G'], [1e6, 'M'], [1e4, 'k'], [0, '']].find(([least]) => size >= least);
    return +(v / ({k: 1e3, '': 1}[letter] || by)).toPrecision(6) + letter;
  };
  const date = (v, span) => {
    const days = span / 86400, end = days > 1100 ? 4 : days > 90 ? 7 : days < 2 ? 16 : 10;
    const time = new Date(v * 1000);
    return isNaN(time) ? short(v) : time.toISOString().slice(days < 2 ? 11 : 0, end);
  };
  const isName = column => column.sort === 'name';

  // A few whole numbers are drawn beside each other: each dot a little off its place.
  const few = values => new Set(values).size <= 25 && values.every(Number.isInteger) && values.length > 25;
  const off = (scattered, n) => scattered ? (n * 0.618034 % 1 - 0.5) * 0.6 : 0;

  // An axis of numbers or times over [low, high] with round steps.
  const axis = (column, values) => {
    let low = Infinity, high = -Infinity;
    for (const v of values) { if (v < low) low = v; if (v > high) high = v; }
    if (!(high > low)) { low -= 0.5; high += 0.5; }
    // By halves: a column may span more than numbers can say.
    const rough = Math.max(high / 5 - low / 5, values.every(Number.isInteger) ? 1 : 0);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find(f => f * power >= rough * 0.999);
    const ticks = [];
    const room = Math.max(high / 50 - low / 50, few(values) ? 0.4 : 0);
    if (isFinite(low - room) && isFinite(high + room)) { low -= room; high += room; }
    for (let t = Math.ceil(low / step); t * step <= high && ticks.length < 20; t++) ticks.push(t * step);
    const name = v => column.sort === 'time' ? date(v, high - low) : short(+v.toPrecision(12));
    return {low, high, ticks, name, place: v => (v / 2 - low / 2) / (high / 2 - low / 2)};
  };

  const begin = (height, title) => {
    W = Math.max(280, Math.min(box.clientWidth, 1060));
    H = height;
    top = 10;
    right = 14;
    box.textContent = '';
    svg = node('svg', {viewBox: `0 0 ${W} ${H}`, width: W, height: H, role: 'img', 'aria-label': title}, box);
  };
  const across = (scale, title) => {
    const every = Math.ceil(scale.ticks.length / Math.max(2, (W - left - right) / 62));
    scale.ticks.forEach((t, i) => {
      const x = left + scale.place(t) * (W - left - right);
      node('path', {class: 'grid', d: `M${x} ${top}V${H - bottom}`}, svg);
      const text = scale.name(t), half = text.length * 3.7;
      if (i % every === 0) label(Math.max(half, Math.min(W - half, x)), H - bottom + 17, text, 'middle');
    });
    label((left + W - right) / 2, H - 6, cut(title, 60), 'middle', {class: 'axis'});
  };
  const up = (scale, title) => {
    for (const t of scale.ticks) {
      const y = H - bottom - scale.place(t) * (H - top - bottom);
      node('path', {class: 'grid', d: `M${left} ${y}H${W - right}`}, svg);
      label(left - 7, y + 4, scale.name(t), 'end');
    }
    const middle = (top + H - bottom) / 2;
    const turned = {class: 'axis', 'text-anchor': 'middle', transform: `translate(13 ${middle}) rotate(-90)`};
    node('text', turned, svg, cut(title, 40));
  };
  const legend = names => {
    key.textContent = '';
    names.forEach((name, k) => {
      const item = document.createElement('li'), mark = document.createElement('i');
      mark.className = 'c' + k;
      item.append(mark, name);
      key.append(item);
    });
  };

  // Rows in groups by a column: names by themselves, numbers in quarters.
  const grouped = column => {
    if (!column) return {names: [], of: () => 0};
    if (isName(column)) {
      const many = column.levels.length > GROUPS;
      const names = many ? [...column.levels.slice(0, GROUPS - 1), '(others)'] : column.levels;
      return {names, of: i => column.codes[i] < 0 ? 7 : Math.min(column.codes[i], GROUPS - 1)};
    }
    const present = sorted(column.values.filter(v => v !== null));
    const cuts = [0.25, 0.5, 0.75].map(q => quantile(present, q));
    return {names: ['lowest quarter', 'second', 'third', 'highest quarter'],
            of: i => column.values[i] === null ? 7 : cuts.filter(c => column.values[i] > c).length};
  };

  const scatter = (a, b, c) => {
    const kept = rows.map((_, i) => i).filter(i => a.values[i] !== null && b.values[i] !== null);
    begin(Math.round(Math.max(290, Math.min(460, box.clientWidth * 0.6))), `${b.name} by ${a.name}`);
    const x = axis(a, kept.map(i => a.values[i])), y = axis(b, kept.map(i => b.values[i]));
    left = 26 + 7.5 * Math.max(...y.ticks.map(t => y.name(t).length));
    bottom = 42;
    across(x, a.name);
    up(y, b.name);
    const groups = grouped(c), h = H - top - bottom, w = W - left - right;
    const wide = few(kept.map(i => a.values[i])), high = few(kept.map(i => b.values[i]));
    kept.forEach((i, n) => {
      const dot = node('circle', {class: 'point c' + groups.of(i), r: kept.length > 600 ? 2.2 : 3,
        cx: (left + x.place(a.values[i] + off(wide, n)) * w).toFixed(1),
        cy: (H - bottom - y.place(b.values[i] + off(high, n * 7 + 3)) * h).toFixed(1)}, svg);
      node('title', {}, dot, `row ${rows[i] + 1}`);
    });
    legend(groups.names);
    loose = wide || high;
    return kept.length;
  };

  // A box for each level, its rows as dots behind it.
  const boxes = (number, name) => {
    const there = rows.map((_, i) => i).filter(i => number.values[i] !== null);
    const all = name.levels.map((_, k) => there.filter(i => name.codes[i] === k));
    const levels = name.levels.map((_, k) => k).filter(k => all[k].length);
    const each = 34;
    const letters = box.clientWidth > 600 ? 28 : 16;
    left = 14 + 7.4 * Math.max(...levels.map(k => Math.min(letters, name.levels[k].length)), 3);
    bottom = 42;
    begin(56 + each * levels.length, `${number.name} by ${name.name}`);
    const scale = axis(number, levels.flatMap(k => all[k].map(i => number.values[i])));
    across(scale, number.name);
    const place = v => left + scale.place(v) * (W - left - right);
    levels.forEach((k, line) => {
      const y = top + each * (line + 0.5), own = sorted(all[k].map(i => number.values[i]));
      const [q1, q2, q3] = [0.25, 0.5, 0.75].map(q => quantile(own, q)), reach = 1.5 * (q3 - q1);
      const low = own.find(v => v >= q1 - reach), high = own.slice().reverse().find(v => v <= q3 + reach);
      label(left - 8, y + 4, cut(name.levels[k], letters), 'end');
      all[k].forEach((i, n) => node('circle', {class: 'point faint c0', r: 1.6, cx: place(number.values[i]).toFixed(1),
        cy: (y + ((n * 0.618) % 1 - 0.5) * 22).toFixed(1)}, svg));
      node('path', {class: 'whisker c1', d: `M${place(low)} ${y}H${place(q1)}M${place(q3)} ${y}H${place(high)}`}, svg);
      const width = Math.max(1, place(q3) - place(q1));
      const mark = node('rect', {class: 'box c1', x: place(q1), y: y - 8, width, height: 16}, svg);
      node('title', {}, mark, `${name.levels[k]}: ${own.length} rows, median ${short(q2)}`);
      node('path', {class: 'median c1', d: `M${place(q2)} ${y - 8}V${y + 8}`}, svg);
    });
    legend([]);
    return levels.reduce((n, k) => n + all[k].length, 0);
  };

  // Counts of two columns of names; the shade is the share of each line.
  const counts = (a, b) => {
    const table = document.createElement('table'), holder = document.createElement('div');
    const cell = (line, kind, text) => {
      const e = document.createElement(kind);
      e.textContent = text;
      line.append(e);
      return e;
    };
    let n = 0, line = table.insertRow();
    cell(line, 'th', '');
    for (const level of a.levels) cell(line, 'th', level).className = 'r';
    b.levels.forEach((level, k) => {
      const own = a.levels.map((_, j) => rows.filter((_, i) => b.codes[i] === k && a.codes[i] === j).length);
      const total = own.reduce((x, y) => x + y, 0);
      line = table.insertRow();
      cell(line, 'th', level);
      n += total;
      for (const count of own) {
        const e = cell(line, 'td', count);
        e.className = 'r';
        e.style.background = `rgba(var(--shade),${(total ? 0.6 * count / total : 0).toFixed(2)})`;
      }
    });
    holder.className = 'scroll';
    holder.tabIndex = 0;
    holder.append(table);
    box.replaceChildren(holder);
    legend([]);
    return n;
  };

  // One column by itself.
  const alone = (a, c) => {
    const kept = rows.map((_, i) => i).filter(i => isName(a) ? a.codes[i] >= 0 : a.values[i] !== null);
    const groups = grouped(c && c !== a ? c : null);
    left = 52;
    bottom = 42;
    begin(300, a.name);
    const values = isName(a) ? a.codes : a.values;
    const levels = a.levels || [], letters = Math.max(3, W / levels.length / 9 | 0);
    const x = isName(a) ? {ticks: levels.map((_, k) => k), name: k => cut(levels[k], letters),
      place: v => (v + 0.5) / levels.length} : axis(a, kept.map(i => values[i]));
    const bins = isName(a) ? levels.length : 30, piles = [...Array(bins)].map(() => Array(8).fill(0));
    for (const i of kept) piles[Math.min(bins - 1, Math.floor(x.place(values[i]) * bins))][groups.of(i)]++;
    const most = Math.max(...piles.map(p => p.reduce((m, v) => m + v, 0)), 1);
    const y = axis({sort: 'number'}, [0, most]);
    y.low = 0;
    y.place = v => v / (most * 1.05);
    y.ticks = y.ticks.filter(t => t >= 0 && t <= most * 1.05);
    across(x, a.name);
    up(y, 'rows drawn');
    piles.forEach((pile, k) => {
      let base = 0;
      pile.forEach((count, g) => {
        const h = H - top - bottom, w = (W - left - right) / bins;
        if (count) node('rect', {class: 'bar c' + g, x: left + k * w + 0.75, width: Math.max(1, w - 1.5),
          y: H - bottom - y.place(base + count) * h, height: y.place(count) * h}, svg);
        base += count;
      });
    });
    legend(groups.names);
    return kept.length;
  };

  // What is known of the two from the tables of the page.
  const told = (a, b) => {
    const i = figures.columns.indexOf(a.name), j = figures.columns.indexOf(b.name);
    if (i < 0 || j < 0 || i === j) return '';
    const one = (list, name) => list[i][j] === null ? '' : `${name} ${list[i][j]}`;
    const both = isName(a) && isName(b), none = !isName(a) && !isName(b);
    const all = none ? [one(figures.spearman, 'Spearman'), one(figures.pearson, 'Pearson')]
      : [one(figures.association, both ? 'Cramér’s V' : 'correlation ratio')];
    return all.filter(Boolean).join(', ');
  };

  const counted = n => n < 10000 ? String(n) : n.toLocaleString('en');
  const draw = () => {
    const a = columns[choice.x.value], b = columns[choice.y.value], c = columns[choice.c.value];
    choice.c.disabled = a !== b && (isName(a) || isName(b));
    loose = false;
    const n = a === b ? alone(a, c) : isName(a) && isName(b) ? counts(a, b)
      : isName(a) ? boxes(b, a) : isName(b) ? boxes(a, b) : scatter(a, b, c);
    const known = told(a, b);
    said.textContent = `${counted(n)} rows that have both` + (known ? `; ${known} (of the sample)` : '') + '.'
      + (loose ? ' Dots at whole numbers are moved apart a little.' : '');
    if (a === b) said.textContent = `${counted(n)} rows.`;
  };

  for (const k of ['x', 'y', 'c']) {
    if (k === 'c') choice.c.add(new Option('nothing', -1));
    columns.forEach((column, i) => choice[k].add(new Option(column.name, i)));
    choice[k].addEventListener('change', draw);
  }
  choice.x.value = first;
  choice.y.value = second;
  choice.c.value = color;
  at('any-swap').addEventListener('click', () => {
    [choice.x.value, choice.y.value] = [choice.y.value, choice.x.value];
    draw();
  });
  // A square of a matrix leads to its two columns: its title begins with their names.
  const named = (b, j) => columns.map((a, i) => [`${b.name} · ${a.name}`, [i, j]]);
  const pairs = new Map(columns.flatMap(named));
  for (const title of document.querySelectorAll('rect.cell > title')) {
    const pair = pairs.get(title.textContent.replace(/: [^:]*$/, ''));
    if (!pair) continue;
    title.parentNode.classList.add('leads');
    title.parentNode.addEventListener('click', () => {
      [choice.x.value, choice.y.value] = pair;
      draw();
      at('pairs').scrollIntoView();
    });
  }
  at('any').hidden = false;
  let width = 0;
  new ResizeObserver(() => {
    if (box.clientWidth === width) return;
    width = box.clientWidth;
    draw();
  }).observe(box);
})();
