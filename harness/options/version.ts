import manifest from '../../package.json' with { type: 'json' };

/** The harness's own version, as in package.json. */
export const version: string = manifest.version;
