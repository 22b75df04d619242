// Walks a city's pages in Chromium and tells what it finds as one JSON document; what that means is for the test to say.
//
// It is given one JSON document as its argument and never changes anything but what a form on a page changes. What answers to a form is
// looked at twice, so that forms are sent twice, but where that is done only once.
import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { accessible, fits, html, keyboard, legible, linked, pageFacts } from './checks.mjs';
import { code, fill, press } from './forms.mjs';
import { journeys, signIn } from './journeys.mjs';

const job = JSON.parse(process.argv[2]);
const require = createRequire(join(job.modules, 'package.json'));
const { chromium } = require('playwright-core');
const { HtmlValidate } = require('html-validate');
const axe = require('axe-core');

// Root in a container has no sandbox of its own; everything that is opened here is ours.
const browser = await chromium.launch({ executablePath: job.chromium, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
const wide = { width: 1280, height: 1024 };
// 1280 pixels at 400 % are 320: the narrowest screen that WCAG asks for.
const narrow = { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4, javaScriptEnabled: false };
const patience = 60_000;

const context = async (options) => {
    const made = await browser.newContext(options);
    made.setDefaultTimeout(patience);
    return made;
};

// Where a spot is: at its address, or behind the forms that are filled in and sent there. The last step is for who weighs it.
const before = async (page, site, spot) => {
    // A page that goes on by itself is looked at as it is: where it goes has nothing to show instead.
    if (spot.stays) await page.route(`**${spot.stays}*`, (route) => route.fulfill({ status: 204 }));
    const open = () => page.goto(site.address + spot.path, { waitUntil: 'load' });
    if (!spot.press?.length) return open;
    await open();
    // A browser keeps back what it sees is missing; what a server says of it is for whoever has another browser.
    const sends = async (button) => {
        if (spot.status >= 400) await page.evaluate(() => { for (const form of document.forms) form.noValidate = true; });
        return press(page, button);
    };
    for (const [name, value] of spot.fill) {
        await fill(page, name, value === '{code}' ? code(await page.locator('#key').innerText(), Date.now()) : value);
    }
    for (const button of spot.press.slice(0, -1)) await sends(button);
    return () => sends(spot.press.at(-1));
};

// Requests and what they weigh with gzip, as a web server in front sends them; nothing comes from a cache. Bodies are read on their way
// to the page: asked for afterwards, that of a page which answers to a form is sometimes gone with the page before.
const weighed = async (page, session, address, step) => {
    const [sizes, elsewhere, lost] = [[], [], []];
    let text = '';
    // What leads on to another address has no body, nor has what has nothing to show.
    const bare = (status) => status === 204 || (status >= 300 && status < 400);
    const passing = async ({ requestId, responseStatusCode, resourceType }) => {
        const place = sizes.push(0) - 1;
        if (!bare(responseStatusCode)) {
            const read = await session.send('Fetch.getResponseBody', { requestId });
            const body = Buffer.from(read.body, read.base64Encoded ? 'base64' : 'utf8');
            sizes[place] = gzipSync(body).length;
            if (resourceType === 'Document') text = body.toString('utf8');
        }
        await session.send('Fetch.continueResponse', { requestId });
    };
    const going = [];
    const passed = (paused) => going.push(passing(paused).catch((cause) => lost.push(cause)));
    const asked = (request) => {
        if (new URL(request.url()).origin !== new URL(address).origin) elsewhere.push(request.url());
    };
    session.on('Fetch.requestPaused', passed);
    page.on('request', asked);
    await session.send('Fetch.enable', { patterns: [{ requestStage: 'Response' }] });
    let response;
    try {
        response = await step();
        await Promise.all(going);
    } finally {
        session.off('Fetch.requestPaused', passed);
        page.off('request', asked);
        await session.send('Fetch.disable');
    }
    if (lost.length) throw lost[0];
    // Which addresses were asked on the way here, and how: the page that answers to a form may be another one.
    const ways = [];
    for (let request = response.request(); request; request = request.redirectedFrom()) {
        ways.unshift([request.method(), new URL(request.url()).pathname]);
    }
    return { status: response.status(), text, ways, requests: sizes.length, elsewhere, bytes: sizes.reduce((sum, size) => sum + size, 0) };
};

const look = async (site, spot, scripted, plain) => {
    const address = site.address + spot.path;
    const session = await scripted.context().newCDPSession(scripted);
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    const weight = await weighed(scripted, session, address, await before(scripted, site, spot));
    const { text } = weight;
    const found = { name: spot.name, path: spot.path, expected: spot.status, ...weight, facts: await pageFacts(scripted) };
    found.axe = await accessible(scripted, axe);
    found.legible = await legible(scripted, found.axe.undecided);
    found.html = await html(new HtmlValidate(job.html), text);
    found.linked = await linked(scripted);
    found.keyboard = await keyboard(scripted);
    if (spot.once) {
        // What can be done only once is looked at where it was done, as narrow as it gets.
        await scripted.setViewportSize(narrow.viewport);
        found.narrow = await fits(scripted);
        await scripted.setViewportSize(wide);
        return found;
    }
    await (await before(plain, site, spot))();
    found.narrow = await fits(plain);
    return found;
};

// A page on which everything is wrong: a check that finds nothing there finds nothing anywhere.
const control = async (scripted, plain) => {
    const address = `data:text/html,${encodeURIComponent(job.control)}`;
    await scripted.goto(address);
    const found = { axe: await accessible(scripted, axe), legible: await legible(scripted, []), html: await html(new HtmlValidate(job.html), job.control) };
    found.keyboard = await keyboard(scripted);
    await plain.goto(address);
    return { ...found, narrow: await fits(plain) };
};

const cookies = async (site, made) => {
    if (site.token || site.login) {
        const page = await made.newPage();
        await signIn(page, site);
        await page.close();
    }
};

const pages = [];
let controlled;
for (const site of job.sites) {
    const [scripted, plain] = [await context({ viewport: wide }), await context(narrow)];
    await cookies(site, scripted);
    await cookies(site, plain);
    const [first, second] = [await scripted.newPage(), await plain.newPage()];
    for (const spot of site.pages) {
        // What could not be looked at is told with all the rest.
        const lost = (cause) => ({ name: spot.name, path: spot.path, lost: String(cause) });
        const late = new Promise((_, reject) => { setTimeout(() => reject(new Error('nothing comes any more')), 2 * patience).unref(); });
        pages.push(await Promise.race([look(site, spot, first, second), late]).catch(lost));
    }
    controlled ??= await control(first, second);
    await scripted.close();
    await plain.close();
}

const plain = await context({ viewport: wide, javaScriptEnabled: false });
const walked = job.journeys ? await journeys(await plain.newPage(), job.journeys) : {};
await plain.close();

for (const shot of job.shots ?? []) {
    const phone = shot.width < 500;
    const made = await context({ viewport: { width: shot.width, height: shot.height }, colorScheme: shot.scheme, isMobile: phone });
    await cookies(shot, made);
    const page = await made.newPage();
    await page.goto(shot.address + shot.path, { waitUntil: 'load' });
    if (shot.at) {
        await page.locator(shot.at).scrollIntoViewIfNeeded();
        await page.evaluate((at) => document.querySelector(at).scrollIntoView({ block: 'start' }), shot.at);
    }
    mkdirSync(dirname(shot.file), { recursive: true });
    await page.screenshot({ path: shot.file });
    await made.close();
}

const version = browser.version();
await browser.close();
process.stdout.write(JSON.stringify({ chromium: version, axe: axe.version, control: controlled, pages, journeys: walked }));
