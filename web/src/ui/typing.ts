/** Fields in which letters are letters, and not commands. */
export const TEXT_FIELDS = 'input:not([type="radio"], [type="checkbox"], [type="range"]), textarea, select, [contenteditable]';
