// What is looked at on one page. Each check gives what is wrong with it, so that an empty list is a good page.

// The rules of WCAG 2.2, levels A and AA.
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const STOPS_MAX = 400;

const broken = (results) =>
    results.violations.map(({ id, nodes }) => ({ rule: id, at: nodes.slice(0, 3).map((node) => `${node.target}: ${node.failureSummary}`) }));

// With light and with dark colours, and once more with a system's own.
export const accessible = async (page, axe) => {
    await page.evaluate(axe.source);
    const run = (options) => page.evaluate((options) => globalThis.axe.run(options), options);
    const all = await run({ runOnly: TAGS, rules: { 'target-size': { enabled: true } } });
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await run({ runOnly: { type: 'rule', values: ['color-contrast'] } });
    await page.emulateMedia({ colorScheme: 'light' });
    const rules = [...all.violations, ...all.passes, ...all.incomplete, ...all.inapplicable].map((rule) => rule.id);
    const unclear = all.incomplete.map((rule) => rule.id);
    const undecided = all.incomplete.filter(({ id }) => id === 'color-contrast').flatMap(({ nodes }) => nodes.map(({ target }) => String(target)));
    return { broken: [...broken(all), ...broken(dark)], unclear, undecided, rules: [...new Set(rules)].sort() };
};

// What axe leaves undecided: letters in drawings and beside them, against what is painted right behind them. With light and with dark
// colours.
export const legible = async (page, undecided) => {
    const found = await page.evaluate(pale, undecided);
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await page.evaluate(pale, undecided);
    await page.emulateMedia({ colorScheme: 'light' });
    return [...found, ...dark.map((one) => `dark: ${one}`)];
};

const pale = (undecided) => {
    const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
    const light = (colour) => {
        const [red, green, blue] = parts(colour).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const opaque = (colour) => colour.startsWith('rgb') && (parts(colour)[3] ?? 1) === 1;
    const isShape = (element) => Boolean(element.closest('svg')) && element.localName !== 'svg';
    // A shape paints with its fill, everything else with its background.
    const paint = (element) => {
        const style = getComputedStyle(element);
        const colour = isShape(element) ? style.fill : style.backgroundColor;
        return opaque(colour) ? colour : null;
    };
    const faultOf = (text) => {
        text.scrollIntoView({ block: 'center', inline: 'center' });
        const [box, style] = [text.getClientRects()[0] ?? text.getBoundingClientRect(), getComputedStyle(text)];
        const stack = document.elementsFromPoint(box.left + box.width / 2, box.top + box.height / 2);
        const own = stack.findIndex((element) => element === text || text.contains(element));
        if (own < 0) return 'is nowhere';
        if (stack.slice(0, own).some((element) => paint(element) && !element.contains(text))) return 'is covered';
        // Letters with a halo stand on that; a drawn letter's own fill is no ground.
        const halo = isShape(text) && style.paintOrder.startsWith('stroke') && opaque(style.stroke) ? style.stroke : null;
        const under = stack.slice(own).filter((element) => !isShape(text) || !text.contains(element));
        const behind = halo ?? under.map(paint).find(Boolean) ?? 'rgb(255, 255, 255)';
        const colour = isShape(text) ? style.fill : style.color;
        const [over, below] = [light(colour), light(behind)].sort((a, b) => b - a);
        const contrast = (over + 0.05) / (below + 0.05);
        const least = Number.parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
        return opaque(colour) && contrast >= least ? null : `stands out by ${contrast.toFixed(1)} to 1: ${colour} on ${behind}`;
    };
    const texts = new Set([...document.querySelectorAll('svg text'), ...undecided.map((target) => document.querySelector(target))]);
    const seen = [...texts].filter((text) => text?.textContent.trim() && text.getClientRects().length);
    const wrong = seen.map((text) => [text, faultOf(text)]).filter(([, fault]) => fault);
    return [...new Set(wrong.map(([text, fault]) => `“${text.textContent.trim().slice(0, 40)}” ${fault}`))].slice(0, 10);
};

export const html = async (validator, text) => {
    const report = await validator.validateString(text);
    const messages = report.results.flatMap((result) => result.messages);
    return messages.slice(0, 20).map((one) => `${one.line}:${one.column} ${one.ruleId}: ${one.message}`);
};

export const pageFacts = (page) =>
    page.evaluate(() => ({ lang: document.documentElement.lang, title: document.title, scripts: document.scripts.length }));

// The kinds of pages that a page links to within the register: the first part of each address, files left out.
export const linked = (page) =>
    page.evaluate(() => {
        const own = [...document.links].map((link) => new URL(link.href)).filter((url) => url.origin === location.origin);
        const pages = own.filter((url) => !/^\/(api|open|log\/checkpoint)|\.\w+$/.test(url.pathname));
        return [...new Set(pages.map((url) => `/${url.pathname.split('/')[1]}`))];
    });

// Nothing is cut off or needs scrolling sideways, also with the spacing that WCAG 1.4.12 lets readers choose.
export const fits = async (page) => {
    const look = () => page.evaluate(overflowing);
    const found = await look();
    await page.evaluate(() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }');
        document.adoptedStyleSheets = [sheet];
    });
    return [...found, ...(await look()).map((one) => `spaced: ${one}`), ...(await page.evaluate(small))];
};

const overflowing = () => {
    const width = document.documentElement.clientWidth;
    const scrolls = (element) => element && (['auto', 'scroll'].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
    const wrong = [];
    if (document.documentElement.scrollWidth > width) wrong.push(`the page is ${document.documentElement.scrollWidth} px wide`);
    for (const element of document.body.querySelectorAll('*')) {
        const box = element.getBoundingClientRect();
        if (box.width > 0 && (box.right > width + 1 || box.left < -1) && !element.closest('svg svg, svg *') && !scrolls(element.parentElement)) {
            wrong.push(`<${element.localName} class="${element.getAttribute('class') ?? ''}"> ends at ${Math.round(box.right)} px: ${element.textContent.trim().slice(0, 40)}`);
        }
    }
    return wrong.slice(0, 5);
};

// WCAG 2.5.8: what is pressed is at least 24 by 24 pixels; a link within a sentence is as high as its line.
const small = () => {
    const pressed = document.querySelectorAll('button, input:not([type="hidden"]), select, textarea, summary, nav a, .links a, .pages a');
    const little = [...pressed].map((element) => [element, element.getBoundingClientRect()]).filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24));
    return little.slice(0, 5).map(([element, box]) => `<${element.localName}> is only ${Math.round(box.width)} by ${Math.round(box.height)} px: ${element.textContent.trim().slice(0, 40)}`);
};

// From the top with the key Tab alone: the way past the navigation first, each stop seen, in the order of the page, out again.
export const keyboard = async (page) => {
    const wrong = [];
    await page.evaluate(() => {
        globalThis.scrollTo(0, 0);
        // An address that names a part of its page leads the keyboard there; gone through is the whole page.
        if (!location.hash) return;
        document.body.tabIndex = -1;
        document.body.focus();
        document.body.removeAttribute('tabindex');
    });
    let before = -1;
    let main = false;
    for (let stop = 0; stop < STOPS_MAX; stop += 1) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(focused);
        // Past the last stop a browser begins again, or leaves the page.
        if (!at || (stop > 0 && at.href === '#main')) break;
        if (stop === 0 && at.href !== '#main') wrong.push(`the first stop is ${at.words}, not the way to the content`);
        if (!at.seen) wrong.push(`${at.words} is not seen when it has the focus`);
        if (!at.outlined) wrong.push(`${at.words} has no outline when it has the focus`);
        // A date has its parts, each a stop, within one field.
        if (at.order < before || (at.order === before && !at.parts)) wrong.push(`${at.words} comes after what stands below it`);
        if (stop === STOPS_MAX - 1 && at.total <= STOPS_MAX) wrong.push(`${at.words} keeps the focus`);
        before = at.order;
        main ||= at.main;
    }
    // Past the navigation by the first link.
    await page.evaluate(() => { document.activeElement?.blur?.(); globalThis.scrollTo(0, 0); });
    await page.evaluate(() => document.querySelector('.skip').focus());
    await page.keyboard.press('Enter');
    if (await page.evaluate(() => document.activeElement?.id) !== 'main') wrong.push('the way to the content leads elsewhere');
    return wrong.slice(0, 10);
};

const focused = () => {
    const element = document.activeElement;
    if (!element || element === document.body || element === document.documentElement) return null;
    const [box, style] = [element.getBoundingClientRect(), getComputedStyle(element)];
    const all = [...document.querySelectorAll('*')];
    const words = `<${element.localName}> “${(element.textContent || element.id).trim().slice(0, 40)}”`;
    return {
        words,
        href: element.getAttribute('href'),
        parts: ['date', 'datetime-local', 'time'].includes(element.type),
        main: Boolean(element.closest('main')),
        seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && style.visibility === 'visible',
        outlined: style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2,
        order: all.indexOf(element),
        total: document.querySelectorAll('a[href], button, input, select, textarea, summary').length,
    };
};
