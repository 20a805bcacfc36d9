/** Which images there are, by the last part of their names: no registry is asked. */
import { details, productpage, ratings, reviews } from './bookinfo.ts';
import { helloworld } from './helloworld.ts';
import type { Program } from './program.ts';

/** What an image holds. */
export type Image =
  /** A program of our own. */
  | { readonly kind: 'built-in'; readonly program: Program }
  /** Runs the command of the container as a real process: `node`, or whatever the machine's PATH has. */
  | { readonly kind: 'process'; readonly command?: readonly string[] }
  /** The mesh's own: its container does nothing here, its work is done by the mesh of this world. */
  | { readonly kind: 'mesh' };

/** Waits to be told to stop. */
export const idle: Program = () => Promise.resolve({ stop: () => Promise.resolve() });

const IMAGES: Readonly<Record<string, Image>> = {
  'examples-helloworld-v1': { kind: 'built-in', program: helloworld('v1') },
  'examples-helloworld-v2': { kind: 'built-in', program: helloworld('v2') },
  'examples-bookinfo-details-v1': { kind: 'built-in', program: details },
  'examples-bookinfo-productpage-v1': { kind: 'built-in', program: productpage },
  'examples-bookinfo-ratings-v1': { kind: 'built-in', program: ratings },
  'examples-bookinfo-reviews-v1': { kind: 'built-in', program: reviews(undefined) },
  'examples-bookinfo-reviews-v2': { kind: 'built-in', program: reviews('black') },
  'examples-bookinfo-reviews-v3': { kind: 'built-in', program: reviews('red') },
  curl: { kind: 'process', command: ['sleep', 'infinity'] },
  node: { kind: 'process', command: ['node'] },
  pilot: { kind: 'mesh' },
  proxyv2: { kind: 'mesh' },
};

/** The image of this name, whatever its registry and tag; undefined if there is none. */
export function findImage(reference: string): Image | undefined {
  const last = reference.slice(reference.lastIndexOf('/') + 1);
  return IMAGES[last.split(/[:@]/)[0] ?? last];
}

/** Names of all images that there are. */
export const imageNames = (): string[] => Object.keys(IMAGES).sort();
