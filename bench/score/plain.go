package main

var plainOnes []detector
