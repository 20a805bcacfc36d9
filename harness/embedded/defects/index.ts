/** Everything that can be wrong with a world on purpose, and what a world does with it. The door of this folder. */
import type { Alter, CertificateFlaw } from '../mesh/index.ts';
import type { Resource, WorldSpec } from '../types.ts';
import { configuration } from './configuration.ts';
import { installation } from './installation.ts';
import { identity } from './identity.ts';
import { remote } from './remote.ts';
import { revisions } from './revisions.ts';
import { routing } from './routing.ts';
import { time } from './time.ts';
import type { Defect, Place, Running } from './types.ts';

export type { Defect, Place, Running } from './types.ts';

/** All defects by name. */
export const DEFECTS: Readonly<Record<string, Defect>> = {
  ...installation,
  ...configuration,
  ...identity,
  ...time,
  ...remote,
  ...revisions,
  ...routing,
};

/** What a world's defects do, together. */
export interface Effects {
  object(object: Resource, place: Unvalued): Resource | undefined;
  hasOtherRoot(place: Unvalued): boolean;
  alter(place: Unvalued): Alter;
  neverReady(pod: Resource, place: Unvalued): boolean;
  certificates(place: Unvalued): CertificateFlaw;
  readonly isCutOff: boolean;
  readonly isIncomplete: boolean;
  readonly discovers: boolean;
  readonly asksTheFirst: boolean;
  readonly waitsForOthers: boolean;
  goesOn(clusters: readonly (Omit<Running, 'place'> & { readonly place: Unvalued })[]): () => void;
}

type Unvalued = Omit<Place, 'value'>;

/** @throws Error for a defect that there is not */
export function effectsOf(defects: WorldSpec['defects']): Effects {
  const chosen = defects.map(({ name, value }) => {
    const defect = DEFECTS[name];
    if (defect === undefined) throw new Error(`there is no defect ${name}`);
    const at = (place: Unvalued): Place => ({ ...place, value: value ?? defect.fallback });
    return { defect, at };
  });
  return {
    object: (object, place) =>
      chosen.reduce<Resource | undefined>(
        (left, { defect, at }) => (left && defect.object ? defect.object(left, at(place)) : left),
        object,
      ),
    hasOtherRoot: (place) => chosen.some(({ defect, at }) => defect.hasOtherRoot?.(at(place)) === true),
    alter: (place) => {
      const all = chosen.flatMap(({ defect, at }) => defect.alter?.(at(place)) ?? []);
      return (config, node) => all.reduce((altered, alter) => alter(altered, node), config);
    },
    neverReady: (pod, place) => chosen.some(({ defect, at }) => defect.neverReady?.(pod, at(place)) === true),
    certificates: (place) =>
      Object.assign(
        {},
        ...chosen.map(({ defect, at }) => defect.certificates?.(at(place))),
      ) as CertificateFlaw,
    isCutOff: chosen.some(({ defect }) => defect.isCutOff),
    waitsForOthers: chosen.some(({ defect }) => defect.waitsForOthers),
    isIncomplete: chosen.some(({ defect }) => defect.isIncomplete),
    discovers: chosen.some(({ defect }) => defect.discovers),
    asksTheFirst: chosen.some(({ defect }) => defect.asksTheFirst),
    goesOn: (clusters) => {
      const ends = chosen.flatMap(
        ({ defect, at }) => defect.goesOn?.(clusters.map((one) => ({ ...one, place: at(one.place) }))) ?? [],
      );
      return () => {
        for (const end of ends) end();
      };
    },
  };
}
