// Filling a form in and sending it, as people do: by its labels' fields and its buttons. Of several forms the first is meant.

export const fill = async (page, name, value) => {
    const fields = page.locator(`main [name="${name}"]:not([type="hidden"])`);
    const kind = await fields.first().evaluate((field) => field.type);
    if (kind === 'checkbox' || kind === 'radio') await page.locator(`main [name="${name}"][value="${value}"]`).check();
    else if (kind === 'file') await fields.setInputFiles({ name: 'table.csv', mimeType: 'text/csv', buffer: Buffer.from(value) });
    else if (kind.startsWith('select')) await fields.first().selectOption(value);
    else await fields.first().fill(value);
};

// Gives the answer. A button is named by what it sends, or by its words; of several the first is pressed.
export const press = async (page, button) => {
    const sends = page.locator(`main button[value="${button}"]`);
    const named = page.getByRole('main').getByRole('button', { name: button, exact: true });
    const [answer] = await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), sends.or(named).first().click()]);
    return answer;
};
