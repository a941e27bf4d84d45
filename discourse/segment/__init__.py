"""Passages come in; tokens and the lexicon audit go out."""
