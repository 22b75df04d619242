// Fills forms in as people do, one after the other, with scripts switched off, and tells what each page said at its end.
//
// Given one JSON document: the address, the tokens of whoever signs in, where that leads, and the steps. A step that has a name names
// where it led to, for the addresses of later ones: `{draft}`.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fill, press } from './forms.mjs';
import { signIn } from './journeys.mjs';

const job = JSON.parse(process.argv[2]);
const { chromium } = createRequire(join(job.modules, 'package.json'))('playwright-core');
const browser = await chromium.launch({ executablePath: job.chromium, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

const words = async (page) => (await page.locator('main').innerText()).replace(/\s+/g, ' ');

const told = [];
const led = {};
let [context, page, party] = [null, null, null];
for (const step of job.steps) {
    if (step.as !== party) {
        await context?.close();
        context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 720 } });
        context.setDefaultTimeout(20_000);
        page = await context.newPage();
        await signIn(page, { address: job.address, token: job.tokens[step.as], landing: job.landing });
        party = step.as;
    }
    await page.goto(job.address + step.open.replace(/\{(\w+)\}/, (_, name) => led[name]));
    try {
        for (const [name, value] of step.fill) await fill(page, name, value);
        for (const button of step.press) await press(page, button);
    } catch (error) {
        throw new Error(`${JSON.stringify(step)}\n${await words(page)}`, { cause: error });
    }
    if (step.name) led[step.name] = new URL(page.url()).pathname;
    told.push({ open: step.open, ended: new URL(page.url()).pathname, said: await words(page) });
}
await browser.close();
console.log(JSON.stringify({ told }));
