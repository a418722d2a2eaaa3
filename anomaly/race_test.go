//go:build race

package anomaly

const seeds = 20 // how many generated series a property is tried on
