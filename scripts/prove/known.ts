import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Healthy } from './healthy.ts';
import type { HealthyOutcome, Matrix } from './prove.ts';
import type { Outcome, Row } from './types.ts';

/**
 * What came of runs on another day or machine, of the same code. They are not played again, whatever came of them: a
 * matrix that is too long for one night, or one machine, is made in parts.
 */
export class Known {
  readonly #rows: Matrix['rows'];
  readonly #healthy: Matrix['healthy'];
  /** What all of them took, in seconds. */
  readonly seconds: number;
  /** How many of their runs were played again, for want of processors. */
  readonly starved: number;

  constructor(matrices: readonly Pick<Matrix, 'rows' | 'healthy' | 'seconds' | 'starved'>[] = []) {
    this.#rows = matrices.flatMap(({ rows }) => rows);
    this.#healthy = matrices.flatMap(({ healthy }) => healthy);
    this.seconds = matrices.reduce((sum, { seconds }) => sum + seconds, 0);
    this.starved = matrices.reduce((sum, { starved }) => sum + starved, 0);
  }

  /** Of a row as it is stated now: one that was stated otherwise is another row. */
  ofRow(row: Row, seed: number): Outcome | undefined {
    return this.#rows
      .filter((known) => isDeepStrictEqual(known.row, row))
      .flatMap(({ outcomes }) => outcomes)
      .find((outcome) => outcome.seed === seed);
  }

  ofHealthy(healthy: Healthy, seed: number): HealthyOutcome | undefined {
    return this.#healthy
      .filter((known) => isDeepStrictEqual(known.healthy, healthy))
      .flatMap(({ outcomes }) => outcomes)
      .find((outcome) => outcome.seed === seed);
  }
}

/** Reads files `matrix.json`. @throws Error in words where one is none */
export async function readKnown(files: readonly string[]): Promise<Known> {
  return new Known(
    await Promise.all(
      files.map(async (file) => {
        try {
          return JSON.parse(await readFile(file, 'utf8')) as Matrix;
        } catch (error) {
          throw new Error(
            `--with ${file}: expected a matrix.json; ${error instanceof Error ? error.message : String(error)}`,
            { cause: error },
          );
        }
      }),
    ),
  );
}
