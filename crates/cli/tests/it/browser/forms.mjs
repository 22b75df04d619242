// Filling a form in and sending it, as people do: by its labels' fields and its buttons.
import { createHmac } from 'node:crypto';
import { isAbsolute } from 'node:path';

// A field is named by its name, and of several forms the first is meant; or by its id, as `#why`. A file is one of this machine, or the
// text of a table.
export const fill = async (page, name, value) => {
    const fields = page.locator(name.startsWith('#') ? `main ${name}` : `main [name="${name}"]:not([type="hidden"])`);
    const kind = await fields.first().evaluate((field) => field.type);
    if (kind === 'checkbox' || kind === 'radio') await page.locator(`main [name="${name}"][value="${value}"]`).check();
    else if (kind === 'file' && isAbsolute(value)) await fields.setInputFiles(value);
    else if (kind === 'file') await fields.setInputFiles({ name: 'table.csv', mimeType: 'text/csv', buffer: Buffer.from(value) });
    else if (kind.startsWith('select')) await fields.first().selectOption(value);
    else await fields.first().fill(value);
};

// Gives the answer. A button is named by what it sends, or by its words; a link by what its words have in them, as `> 9.0.0`. Of several
// the first is pressed.
export const press = async (page, button) => {
    const sends = page.locator(`main button[value="${button}"]`);
    const main = page.getByRole('main');
    const named = button.startsWith('> ') ? main.getByRole('link', { name: button.slice(2) }) : main.getByRole('button', { name: button, exact: true });
    const [answer] = await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), sends.or(named).first().click()]);
    return answer;
};

// What an app on a phone shows for the key that a page hands out: six digits of the half minute of an instant, in milliseconds.
export const code = (key, now) => {
    const bits = [...key.replace(/\s/g, '')].map((sign) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0')).join('');
    const bytes = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
    const step = Buffer.alloc(8);
    step.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
    const made = createHmac('sha1', bytes).update(step).digest();
    return String((made.readUInt32BE(made[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
};
