const LOOPBACK = /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0)([:/]|$)/;

/** Is this the URL of something that only its own machine reaches? */
export const isLoopback = (url: string): boolean => LOOPBACK.test(url);
