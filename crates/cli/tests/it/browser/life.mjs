// Fills forms in as people do, one after the other, with scripts switched off, and tells what each page said at its end.
//
// Given one JSON document: the address, the tokens of whoever signs in, where that leads, and the steps. Whoever has no token comes as
// nobody does, and may sign in by a step. A step that has a name names where it led to, for the addresses of later ones: `{draft}`, and
// `{draft.id}` for the last part of that. A step may also let days pass, answer an instrument, send what a sensor measured, save what a
// link gives, or read a page until it says something. `{code}` is filled in as an app shows it for the last key that a page handed out, and
// `{used}` is the last that was.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { code, fill, press } from './forms.mjs';
import { signIn } from './journeys.mjs';

const job = JSON.parse(process.argv[2]);
const { chromium } = createRequire(join(job.modules, 'package.json'))('playwright-core');
const browser = await chromium.launch({ executablePath: job.chromium, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

const DAY_MILLIS = 86_400_000;
// What a city does by itself it does within some ticks of a second each.
const READS_MAX = 120;
const words = async (page) => (await page.locator('main').innerText()).replace(/\s+/g, ' ');
const named = (path) => path.replace(/\{([\w-]+)(\.id)?\}/g, (_, name, id) => (id ? led[name].split('/').at(-1) : led[name]));
const ended = (page) => new URL(page.url()).pathname;

const told = [];
const led = {};
let days = 0;
let [context, page, party] = [null, null, null];

const enter = async (as) => {
    await context?.close();
    context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 720 } });
    // A solver is asked on the way, beside whatever else runs.
    context.setDefaultTimeout(120_000);
    page = await context.newPage();
    if (job.tokens[as]) await signIn(page, { address: job.address, token: job.tokens[as], landing: job.landing });
    party = as;
};

// Sets the clock that the city's process reads, and waits until it has read it. Who was signed in is so no longer after hours.
const pass = async (until) => {
    const whole = until - days;
    days = until;
    writeFileSync(job.clock, `+${Math.round(days * 86_400)}`);
    for (let tries = 0; ; tries += 1) {
        const answer = await fetch(`${job.address}/about`);
        const ahead = Date.parse(answer.headers.get('date')) - Date.now() - days * DAY_MILLIS;
        if (Math.abs(ahead) < 60_000) break;
        if (tries === READS_MAX) throw new Error(`the city's clock is ${ahead} ms off after ${days} days`);
        await new Promise((resolve) => { setTimeout(resolve, 250); });
    }
    if (whole > 0.1 && job.tokens[party]) {
        await page.goto(`${job.address}/office`);
        if (!(await page.getByLabel(/token/i).count())) throw new Error(`${party} is still signed in ${whole} days later`);
        party = null;
    }
};

// Answers an instrument section by section, until nothing is open: what is there stays, the rest is as the step says.
const answer = async ({ open, answers, text }) => {
    const of = (name) => answers[name] ?? answers[name.split('/').at(-1)];
    const sections = async () => {
        const links = await page.locator('main a').evaluateAll((all) => all.map((link) => new URL(link.href).pathname));
        return [...new Set(links.filter((path) => path.startsWith(`${open}/`) && !path.endsWith('/sign')))];
    };
    await page.goto(job.address + open);
    if (await page.locator('main button[value="begin"]').count()) await press(page, 'begin');
    for (let round = 0; round < 3; round += 1) {
        for (const section of await sections()) {
            await page.goto(job.address + section);
            for (const [row, name] of Object.entries(answers).filter(([key]) => key.startsWith('row/'))) {
                const group = row.slice('row/'.length);
                if (!(await page.locator(`main [name="${row}"]`).count()) || (await page.locator(`main [name^="${group}/"]`).count())) continue;
                await fill(page, row, name);
                await press(page, 'row');
            }
            const fields = page.locator('main form.office-form :is(input:not([type="hidden"]), select, textarea)');
            const asked = await fields.evaluateAll((all) => all.map((field) => [field.name, field.value, field.localName]));
            for (const [name, value, kind] of asked) {
                if (name.startsWith('row/')) continue;
                if (of(name) !== undefined) await fill(page, name, of(name));
                else if (!value && kind === 'textarea') await fill(page, name, text);
            }
            await press(page, 'keep');
        }
        if ((await words(page)).includes('Every question is answered.')) return;
        await page.goto(job.address + open);
    }
    throw new Error('questions stay open');
};

// What a sensor measured some minutes ago, by the clock of the city.
const send = async ({ send: token, ago, lines }) => {
    const time = new Date(Date.now() + days * DAY_MILLIS - ago * 60_000).toISOString();
    const body = lines.map((line) => `${JSON.stringify({ time, ...line })}\n`).join('');
    const headers = { 'content-type': 'application/x-ndjson', authorization: `Bearer ${named(token)}` };
    const sent = await fetch(`${job.address}/api/v1/observations`, { method: 'POST', headers, body });
    return { status: sent.status, said: await sent.text() };
};

// Reads a page until it says something, because the city does it by itself.
const read = async (step) => {
    for (let tries = 0; ; tries += 1) {
        await page.goto(job.address + named(step.open));
        const said = await words(page);
        if (said.includes(step.until)) return;
        if (tries === READS_MAX) throw new Error(`it never says “${step.until}”`);
        await new Promise((resolve) => { setTimeout(resolve, 500); });
    }
};

// Follows a link that gives a file, keeps it where later steps can send it from, and tells how it begins.
const save = async (step) => {
    await page.goto(job.address + named(step.open));
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator(`main a[href^="${step.save}"]`).first().click()]);
    await download.saveAs(step.into);
    const bytes = readFileSync(step.into);
    return { file: download.suggestedFilename(), bytes: bytes.length, begins: bytes.subarray(0, 5).toString('latin1'), said: await words(page) };
};

// By a link to an identity provider, as somebody there, and back by whatever leads on by itself, until somewhere.
const provided = async ({ open, provider, who, back }) => {
    await page.goto(job.address + open);
    await page.getByRole('main').getByRole('link', { name: provider, exact: true }).click();
    const hosts = [];
    // It asks who that is, and whether the city may know.
    for (let form = 0; form < 2; form += 1) {
        await page.locator('form button[type="submit"]').waitFor();
        hosts.push(new URL(page.url()).hostname);
        if (await page.locator('[name="login"]').count()) {
            await page.locator('[name="login"]').fill(who);
            await page.locator('[name="password"]').fill('whatever');
        }
        await Promise.all([page.waitForNavigation(), page.locator('form button[type="submit"]').click()]);
    }
    await page.waitForURL(back);
    return { hosts, ended: ended(page), said: await words(page) };
};

// What is typed: as it is, what an earlier step was given, or what an app shows now for the key that was handed out.
const typed = async (value) => {
    const keys = page.locator('#key');
    if (await keys.count()) led.key = await keys.innerText();
    if (value === '{code}') {
        led.used = code(led.key, Date.now() + days * DAY_MILLIS);
        return led.used;
    }
    return /^\{[\w-]+(\.id)?\}$/.test(value) ? named(value) : value;
};

const take = async (step) => {
    if (step.days !== undefined) return pass(step.days).then(() => ({ said: '' }));
    if (step.send) return send(step);
    if (step.as !== party) await enter(step.as);
    if (step.save) return save(step);
    if (step.provider) return provided(step);
    if (step.answers) await answer(step);
    else if (step.until) await read(step);
    else {
        await page.goto(job.address + named(step.open));
        for (const [name, value] of step.fill) await fill(page, name, await typed(value));
        // Who sends a form at once is no resident.
        if (step.writes) await page.waitForTimeout(step.writes);
        for (const button of step.press) await press(page, button);
    }
    if (step.name) led[step.name] = ended(page);
    if (step.token) led[step.token] = (await page.locator('#token').innerText()).trim();
    return { ended: ended(page), heading: await page.locator('h1').first().innerText(), said: await words(page) };
};

for (const step of job.steps) {
    try {
        told.push({ open: step.open, ...(await take(step)) });
    } catch (error) {
        const said = page ? await words(page).catch(() => '') : '';
        throw new Error(`${JSON.stringify(step)} ${JSON.stringify(led)}\n${said}`, { cause: error });
    }
}
await browser.close();
console.log(JSON.stringify({ told }));
