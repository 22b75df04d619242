"""Writes clerk.xlsx beside this file with openpyxl: a spreadsheet as a clerk leaves it, by another writer than ours."""

import datetime
import pathlib

import openpyxl

book = openpyxl.Workbook()
sheet = book.active
sheet.title = "Tabelle1"
day = datetime.date(2030, 6, 1)
rows = [
    ["List of sensors, as of today"],
    [],
    ["ID ", "Stream", "Longitude", "Latitude", "Support until", "Remarks"],
    ["a ", "wifi-counts", "16.6", " 49,2 ", "1.6.2030", "text for everything"],
    ["b", "wifi-counts", 16.6, 49.2, day, "a day"],
    ["c", "wifi-counts", 16.6, 49.2, 47635, "a number for a day"],
    ["d", "wifi-counts", "=16+0.6", 49.2, None, "a formula that nobody worked out"],
    ["a", "wifi-counts", 16.6, 49.2, None, "twice"],
    ["f", "wifi-counts", datetime.date(2026, 6, 16), 49.2, None, "a day for a number"],
    ["g", "wifi-counts", 16.6, None, None, "merged"],
    ["h", "none", 16.6, 49.2, None, "no such stream"],
    ["i", "wifi-counts", 16.6, 49.2, "06/01/2030", "two readings"],
    ["J Sensor", "wifi-counts", "east", None, None, "no short name"],
]
for row in rows:
    sheet.append(row)
sheet["E5"].number_format = "d.m.yyyy"
sheet.merge_cells("C10:D10")
hidden = book.create_sheet("devices")
hidden.append(["id", "stream"])
hidden.sheet_state = "hidden"
book.create_sheet("Notes").append(["Call the vendor"])
book.save(pathlib.Path(__file__).with_name("clerk.xlsx"))
