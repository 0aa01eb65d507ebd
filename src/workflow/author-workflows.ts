/** Stands for the author's own workflows: when a worker is given some, its bundler puts their file in this one's place. */
export {};
