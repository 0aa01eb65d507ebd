/**
 * Importing this module lets the official `Worker.create` take the connection of an engine of ours, so that code written for Temporal runs on it
 * unchanged.
 *
 * @module
 */
import { register } from './registration.ts';

register();
