/**
 * Runs TypeScript sources: no build, in a clone `npm ci` is enough. To be imported before them. Packages are loaded as they
 * are: tsx would look through each of their files for what it might have to rewrite, and for the bundles of vite alone that
 * takes a second and 60 MiB.
 */
import { register as registerHooks } from 'node:module';
import { register as registerTypeScript } from 'tsx/esm/api';

registerTypeScript();
// The last one registered is asked first.
registerHooks('./packages-as-they-are.js', import.meta.url);
