// Goes whole journeys with the keyboard alone, with scripts switched off: no pointer, and an address is typed at a journey's begin only.
//
// Given one JSON document: the address, what is typed under names, and the journeys. A journey is a list of steps, each `[what, …]`. At
// every stop it is looked at whether the focus is seen, and on every page whether Tab leads through all of it and out, there and back.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const job = JSON.parse(process.argv[2]);
const { chromium } = createRequire(join(job.modules, 'package.json'))('playwright-core');
const browser = await chromium.launch({ executablePath: job.chromium, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

const STOPS_MAX = 600;
const OPTIONS_MAX = 400;
const [faults, opened, kept] = [new Set(), new Set(), {}];
let stops = 0;
let page;

// What has the focus, and whether it is seen: a frame of at least two pixels that stands out from what is behind it by 3 to 1, that
// it has not without the focus, and nothing that lies over the element.
const focused = () => {
    const element = document.activeElement;
    if (!element || element === document.body || element === document.documentElement) return null;
    const frame = (style) => `${style.outlineStyle} ${style.outlineWidth} ${style.outlineColor}`;
    const light = (colour) => {
        const [red, green, blue] = colour.match(/[\d.]+/g).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (of) => {
        const colour = of ? getComputedStyle(of).backgroundColor : 'rgb(255, 255, 255)';
        return /^rgba\(.*, 0\)$/.test(colour) ? behind(of.parentElement) : colour;
    };
    const style = getComputedStyle(element);
    const box = element.getClientRects()[0] ?? element.getBoundingClientRect();
    const [x, y] = [(Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2, (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2];
    const top = document.elementFromPoint(x, y);
    const related = top && (element.contains(top) || top.contains(element) || top.closest('label')?.control === element);
    const [over, under] = [light(style.outlineColor), light(behind(element.parentElement))].sort((a, b) => b - a);
    const all = [...document.querySelectorAll('*')];
    globalThis.before?.(element);
    return {
        words: `<${element.localName}> “${(element.textContent || element.name || element.id).trim().slice(0, 40)}”`,
        at: all.indexOf(element),
        frame: frame(style),
        wide: style.outlineStyle === 'none' ? 0 : Number.parseFloat(style.outlineWidth),
        contrast: (over + 0.05) / (under + 0.05),
        inside: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        related: Boolean(related),
        name: element.name ?? '',
        value: element.value ?? '',
        tag: element.localName,
        type: element.type ?? '',
        path: element.localName === 'a' ? element.pathname + element.search + element.hash : '',
        text: element.textContent.trim().replace(/\s+/g, ' '),
    };
};

const frameOf = (at) => {
    const style = getComputedStyle(document.querySelectorAll('*')[at]);
    return `${style.outlineStyle} ${style.outlineWidth} ${style.outlineColor}`;
};

const where = () => new URL(page.url()).pathname.slice(0, 200);
const note = (words) => faults.add(`${where()}: ${words}`);

// One press of Tab, looked at.
let last = null;
const tab = async (key = 'Tab') => {
    await page.keyboard.press(key);
    stops += 1;
    const at = await page.evaluate(focused);
    if (last && at && at.at !== last.at && (await page.evaluate(frameOf, last.at)) === last.frame) note(`${last.words} looks the same without the focus`);
    if (at) {
        if (!at.inside) note(`${at.words} is outside the window when it has the focus`);
        if (at.wide < 2) note(`${at.words} has no frame when it has the focus`);
        else if (at.contrast < 3) note(`the frame of ${at.words} stands out by ${at.contrast.toFixed(1)} to 1 only`);
        if (!at.related) note(`${at.words} is covered when it has the focus`);
    }
    last = at;
    return at;
};

// Through the whole page and out of it, and back from its end to its begin: no stop keeps the focus.
const through = async () => {
    const seen = {};
    for (const key of ['Tab', 'Shift+Tab']) {
        last = null;
        const [all, parts] = [[], []];
        for (let count = 0; ; count += 1) {
            const at = await tab(key);
            if (!at) break;
            if (all[0] === at.at && all.length > 1 && at.at !== all.at(-1)) break;
            const [now, before] = [['date', 'datetime-local', 'time'].includes(at.type), all.at(-1)];
            if (before === at.at && !now) note(`${at.words} keeps the focus against ${key}`);
            if (before === at.at && !now) break;
            if (before !== at.at) all.push(at.at);
            if (now) parts.push(at.at);
            if (count === STOPS_MAX) {
                note(`${key} leads nowhere after ${STOPS_MAX} stops`);
                break;
            }
        }
        seen[key] = new Set(all);
        await page.evaluate(() => document.activeElement?.blur?.());
    }
    const [there, back] = [seen.Tab, seen['Shift+Tab']];
    const missing = [...there].filter((at) => !back.has(at));
    // Radio buttons of one name are one stop, at whichever end one comes from.
    const odd = await page.evaluate((all) => all.filter((at) => document.querySelectorAll('*')[at].type !== 'radio').length, missing);
    if (odd) note(`${odd} stops of Tab are none of Shift+Tab`);
};

const arrived = async () => {
    last = null;
    if (opened.has(where())) return;
    opened.add(where());
    await through();
    // A page that answers to a form is not asked for again: the way begins at its top.
    await page.evaluate(() => { document.activeElement?.blur?.(); globalThis.scrollTo(0, 0); getSelection().collapse(document.body, 0); });
    last = null;
};

// Tab until something has the focus; all around the page once at the most.
const to = async (what, fits) => {
    const out = [];
    for (let count = 0; count < STOPS_MAX && out.length < 2; count += 1) {
        const at = await tab();
        if (!at) out.push(count);
        else if (fits(at)) return at;
    }
    const said = (await page.locator('main').innerText()).slice(0, 1_500);
    throw new Error(`with Tab alone nobody comes to ${what} at ${where()}\n${said}`);
};

const sent = async (key) => {
    await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.keyboard.press(key)]);
    await arrived();
};

const typed = (value) => value.replace(/\{([\w-]+)\}/g, (_, name) => kept[name] ?? job.typed[name]);

const deeds = {
    // An address is typed, as when a browser is opened.
    open: async (path) => {
        await page.goto(job.address + typed(path));
        await arrived();
    },
    // A link within the page, by where it leads, or by how that begins.
    go: async (path) => {
        const wanted = typed(path);
        const begins = wanted.endsWith('*') && wanted.slice(0, -1);
        await to(`a link to ${wanted}`, (at) => at.tag === 'a' && (begins ? at.path.startsWith(begins) && at.path !== begins : at.path === wanted));
        await sent('Enter');
    },
    // A button, by what it sends or says; every other one with the space bar.
    press: async (name, key = 'Enter') => {
        await to(`a button ${name}`, (at) => at.tag === 'button' && (at.value === name || at.text === name));
        await sent(key);
    },
    type: async (name, value) => {
        const at = await to(`the field ${name}`, (field) => field.name === name);
        if (at.value) await page.keyboard.press('Control+A');
        // As fast as a person: a form that comes back at once is taken for a machine's.
        await page.keyboard.type(typed(value), { delay: value.length < 50 ? 90 : 0 });
    },
    // A date by its parts: month, day, year.
    date: async (name, value) => {
        await to(`the field ${name}`, (field) => field.name === name);
        const [year, month, day] = value.split('-');
        await page.keyboard.type(`${month}${day}${year}`);
        const now = await page.evaluate(() => document.activeElement.value);
        if (now !== value) throw new Error(`${name} is ${now} and not ${value}`);
    },
    // One of several, by the arrows.
    choose: async (name, value) => {
        let at = await to(`the choice ${name}`, (field) => field.name === name);
        for (const key of ['ArrowDown', 'ArrowUp']) {
            for (let count = 0; at.value !== value && count < OPTIONS_MAX; count += 1) {
                const before = at.value;
                await page.keyboard.press(key);
                at = await page.evaluate(focused);
                if (at.value === before) break;
            }
        }
        if (at.value !== value) throw new Error(`the arrows do not come to ${value} in ${name}`);
        last = at;
    },
    // One of several that are all seen: the space bar takes the first, arrows go on.
    take: async (name, value) => {
        let at = await to(`the choice ${name}`, (field) => field.name === name && field.type === 'radio');
        await page.keyboard.press('Space');
        for (let count = 0; at.value !== value && count < OPTIONS_MAX; count += 1) {
            await page.keyboard.press('ArrowDown');
            at = await page.evaluate(focused);
        }
        last = at;
    },
    tick: async (name, value) => {
        await to(`the box ${name} ${value}`, (field) => field.name === name && field.value === value);
        await page.keyboard.press('Space');
        if (!(await page.evaluate(() => document.activeElement.checked))) throw new Error(`${value} is not ticked`);
    },
    // The browser's own key, which it has not without a window.
    back: async () => {
        await page.goBack({ waitUntil: 'load' });
        last = null;
    },
    // What the page has to say.
    reads: async (words) => {
        const said = (await page.locator('body').innerText()).replace(/\s+/g, ' ');
        if (!said.includes(typed(words))) throw new Error(`${where()} does not say “${words}”: ${said.slice(0, 3_000)}`);
    },
    lang: async (code) => {
        const lang = await page.evaluate(() => document.documentElement.lang);
        if (lang !== code) throw new Error(`${where()} is in ${lang}`);
    },
    keep: async (name) => { kept[name] = where(); },
};

// A page on which everything is wrong: what finds nothing there finds nothing anywhere.
const controlled = async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: job.width, height: 720 } });
    page = await context.newPage();
    await page.goto(`data:text/html,${encodeURIComponent(job.control)}`);
    await through();
    await context.close();
    const found = [...faults];
    faults.clear();
    return found;
};

const control = await controlled();
stops = 0;
const ended = {};
for (const { name, steps } of job.journeys) {
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-US', viewport: { width: job.width, height: 720 } });
    context.setDefaultTimeout(20_000);
    page = await context.newPage();
    for (const [deed, ...words] of steps) {
        try {
            await deeds[deed](...words);
        } catch (error) {
            throw new Error(`${name}: ${JSON.stringify([deed, ...words])} at ${page.url()}`, { cause: error });
        }
    }
    ended[name] = where();
    await context.close();
}
await browser.close();
console.log(JSON.stringify({ control, faults: [...faults], stops, pages: opened.size, ended }));
