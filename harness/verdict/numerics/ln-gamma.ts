/**
 * The logarithm of the Gamma function for positive arguments, to 1e-15 relative, at its zeros 1 and 2 too.
 * Around 2 the Taylor series (Abramowitz & Stegun 6.1.33), from 10 on Stirling's series (6.1.40),
 * between them the recurrence Γ(x+1) = xΓ(x).
 */

/** ζ(k) − 1 for k = 2, 3, …: coefficients of the series around 2. */
const ZETA_MINUS_1 = [
  0.64493406684822643647, 0.2020569031595942854, 0.082323233711138191516, 0.036927755143369926331,
  0.017343061984449139715, 0.0083492773819228268398, 0.0040773561979443393787, 0.0020083928260822144179,
  9.9457512781808533715e-4, 4.941886041194645587e-4, 2.4608655330804829864e-4, 1.2271334757848914675e-4,
  6.1248135058704829259e-5, 3.0588236307020493552e-5, 1.5282259408651871733e-5, 7.6371976378997622736e-6,
  3.8172932649998398565e-6, 1.9082127165539389257e-6, 9.5396203387279611315e-7, 4.7693298678780646312e-7,
  2.3845050272773299e-7, 1.1921992596531107307e-7, 5.9608189051259479612e-8, 2.9803503514652280186e-8,
  1.4901554828365041235e-8, 7.450711789835429492e-9, 3.7253340247884570548e-9, 1.8626597235130490064e-9,
];
const ONE_MINUS_EULER = 0.42278433509846713939;
const HALF_LN_2PI = 0.91893853320467274178;

/** B₂ₖ / (2k(2k−1)), the coefficients of Stirling's series. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];

/** From here on Stirling's series with eight terms is exact to the last bit. */
export const STIRLING_FROM = 10;

/** lnΓ(2 + z) for |z| ≤ 1/2. */
function aroundTwo(z: number): number {
  let sum = 0;
  for (let i = ZETA_MINUS_1.length - 1; i >= 0; i--) sum = -z * ((ZETA_MINUS_1[i] ?? 0) / (i + 2) + sum);
  return z * (ONE_MINUS_EULER - sum);
}

/** What Stirling's formula (x − ½) ln x − x + ½ ln 2π leaves of lnΓ(x), for x ≥ 10. */
export function stirlingRest(x: number): number {
  const inverseSquare = 1 / (x * x);
  let sum = 0;
  for (let i = STIRLING.length - 1; i >= 0; i--) sum = sum * inverseSquare + (STIRLING[i] ?? 0);
  return sum / x;
}

/** lnΓ(x) for x > 0. */
export function lnGamma(x: number): number {
  if (x < 0.5) return aroundTwo(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return aroundTwo(x - 1) - Math.log1p(x - 1);
  if (x >= STIRLING_FROM) return (x - 0.5) * (Math.log(x) - 1) + (HALF_LN_2PI - 0.5) + stirlingRest(x);
  let [rest, product] = [x, 1];
  while (rest > 2.5) product *= --rest;
  return aroundTwo(rest - 2) + Math.log(product);
}
