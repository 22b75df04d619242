// Goes from page to page with the keys alone, with scripts switched off: Tab to what is wanted, type, Enter. No mouse, and no address but the
// first.
//
// Given one JSON document: the address, and the people with their tokens and what each does, in order: `["link", words]`,
// `["fill", field, words]`, `["choose", field, words]`, `["press", words]`. Tells what the page said after each press, and how many keys it took.
import { createRequire } from 'node:module';
import { join } from 'node:path';

// So many times Tab is pressed before something counts as out of reach.
const TABS_MAX = 600;

const job = JSON.parse(process.argv[2]);
const { chromium } = createRequire(join(job.modules, 'package.json'))('playwright-core');
const browser = await chromium.launch({ executablePath: job.chromium, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

const words = async (page) => (await page.locator('main').innerText()).replace(/\s+/g, ' ');

let keys = 0;
const key = async (page, name) => {
    keys += 1;
    await page.keyboard.press(name);
};

// What has the focus now; nothing where it is the page itself.
const focused = async (page) => {
    const at = page.locator(':focus');
    if ((await at.count()) !== 1) return null;
    return at.evaluate((it) => ({
        tag: it.tagName.toLowerCase(),
        name: it.getAttribute('name'),
        text: (it.textContent ?? '').replace(/\s+/g, ' ').trim(),
        outlined: getComputedStyle(it).outlineStyle !== 'none' || it.tagName === 'MAIN',
    }));
};

const reach = async (page, what, fits) => {
    for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
        await key(page, 'Tab');
        const at = await focused(page);
        if (!at || !fits(at)) continue;
        if (!at.outlined) throw new Error(`${what} has the focus and does not show it`);
        return;
    }
    throw new Error(`${what} is not reached by Tab\n${page.url()}\n${await words(page)}`);
};

const field = (name) => (at) => ['input', 'textarea', 'select'].includes(at.tag) && at.name === name;

const leaves = async (page) => {
    await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), key(page, 'Enter')]);
};

const does = {
    link: async (page, [text]) => {
        await reach(page, `the link “${text}”`, (at) => at.tag === 'a' && (at.text === text || at.text.startsWith(`${text}:`) || at.text.endsWith(text)));
        await leaves(page);
    },
    fill: async (page, [name, text]) => {
        await reach(page, `the field ${name}`, field(name));
        await key(page, 'Control+a');
        keys += text.length;
        await page.keyboard.type(text);
    },
    choose: async (page, [name, text]) => {
        await reach(page, `the choice ${name}`, field(name));
        const chosen = () => page.locator(':focus').evaluate((it) => it.selectedOptions[0]?.textContent?.trim() ?? '');
        await key(page, 'Home');
        for (let down = 0; down < 100 && !(await chosen()).startsWith(text); down += 1) await key(page, 'ArrowDown');
        if (!(await chosen()).startsWith(text)) throw new Error(`the arrows do not reach “${text}” in ${name}`);
    },
    press: async (page, [text]) => {
        await reach(page, `the button “${text}”`, (at) => at.tag === 'button' && at.text === text);
        await leaves(page);
        return words(page);
    },
};

const told = [];
for (const { token, steps } of job.people) {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1000, height: 800 } });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    await page.goto(job.address);
    const signsIn = [['link', 'sign in'], ['fill', 'token', token], ['press', 'Sign in']];
    for (const [what, ...rest] of [...signsIn, ...steps]) {
        const said = await does[what](page, rest);
        if (said !== undefined) told.push({ pressed: rest[0], ended: new URL(page.url()).pathname, said });
    }
    await context.close();
}
await browser.close();
console.log(JSON.stringify({ told, keys }));
